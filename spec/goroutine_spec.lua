-- goroutine_spec.lua: the profile goroutine has all coroutines and threads,
-- each once, with what they are at.
-- Needs: go
local raw_http = require "raw_http"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local clock = require "clock"
local http = require "http"
local scheduler = require "scheduler"
local sync = require "sync"
local orders = sync.mutex "orders"
local jobs, full = sync.channel "jobs", sync.channel("full", 1)
local permits = sync.semaphore("permits", 1)
local kept = {}

local function doze() scheduler.sleep(60) end
local function fetch(url) local res = http.get(url) return res.body end
local function flood(write) while true do write(("x"):rep(100000)) end end
local function pause() coroutine.yield() end
local function generate() pause() end

local waits = {
  sleep = doze,
  lock = function() orders:lock() end,
  receive = function() jobs:receive() end,
  send = function() full:send(1) end,
  acquire = function() permits:acquire() end,
}

return {
  -- Takes what others are to wait for, and dozes.
  ["GET /take"] = function()
    orders:lock()
    permits:acquire()
    full:send(1)
    doze()
  end,
  ["GET /wait/{what}/{n}"] = function(req)
    for _ = 1, tonumber(req.params.n) do scheduler.spawn(waits[req.params.what]) end
    return 204
  end,
  -- Sleeps are over before they have their turn.
  ["GET /oversleep/{n}"] = function(req)
    for _ = 1, tonumber(req.params.n) do
      scheduler.spawn(function() scheduler.sleep(0.3) scheduler.sleep(60) end)
    end
    scheduler.sleep(0.1)
    local stop = clock.mono() + 0.6
    while clock.mono() < stop do end
    return 204
  end,
  ["GET /doze"] = function() doze() end,
  ["GET /fetch"] = function(req) return fetch(req.query.url) end,
  ["GET /stream"] = function(req) return req:stream(flood) end,
  ["GET /make/{n}"] = function(req)
    for _ = 1, tonumber(req.params.n) do
      local co = coroutine.create(generate)
      coroutine.resume(co)
      kept[#kept + 1] = co
      kept[#kept + 1] = coroutine.create(doze)
      local dead = coroutine.create(function() end)
      coroutine.resume(dead)
      kept[#kept + 1] = dead
    end
    collectgarbage "restart"
    return "made"
  end,
  ["GET /drop"] = function()
    kept = {}
    collectgarbage()
    return "dropped"
  end,
  ["GET /spin"] = function() while true do end end,
  ["GET /match"] = function() return ("a"):rep(260):find(".-.-.-.-b") end,
}
]==]

local folder, server, clients

local function start(workers)
  server = support.serve { "--workers", tostring(workers), folder }
  clients = {}
end

local function hold(path, n)
  for _ = 1, n or 1 do
    clients[#clients + 1] = raw_http.begin(server.port, path)
  end
end

local function get(query)
  local status, body = support.request(server.url .. "/debug/pprof/goroutine" .. query)
  assert.equal(200, status, body)
  return body
end

--- Of the lines of folded stacks that hold the text: the sum of their counts.
local function count(folded, text)
  local n = 0
  for line in folded:gmatch "[^\n]+" do
    if line:find(text, 1, true) then n = n + tonumber(line:match " (%d+)$") end
  end
  return n
end

local function wait_for(text, n)
  support.wait_until(function() return count(get "?format=folded", text) == n end,
    n .. " at " .. text)
end

before_each(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
end)

after_each(function()
  for _, client in ipairs(clients) do client:close() end
  server:signal "KILL"
  server:stop()
  support.remove_folder(folder)
end)

it("counts 10,000 coroutines exactly, by what they are at", function()
  start(1)
  hold("/doze", 300)
  hold("/fetch?url=" .. server.url .. "/doze", 50)
  hold("/stream", 20)
  for _ = 1, 5 do assert.equal(200, (support.request(server.url .. "/make/1000"))) end
  wait_for("doze;scheduler.sleep", 350)
  wait_for("routes.flood;", 20)
  local folded = get "?format=folded"
  assert.equal(5000, count(folded, "routes.generate;routes.pause;coroutine.yield"), folded)
  assert.equal(5000, count(folded, "routes.doze "), folded)
  assert.equal(50, count(folded, "routes.fetch;http.get"), folded)
  -- The worker, the admin's thread and the exporter's.
  assert.equal(3, count(folded, "__clone3") + count(folded, "_start;"))
  local total = 0
  for n in folded:gmatch " (%d+)\n" do total = total + n end
  assert.equal(10000 + 350 + 50 + 20 + 3, total, folded)

  assert.equal(200, (support.request(server.url .. "/drop")))
  assert.equal(0, count(get "?format=folded", "routes.generate"))
end)

--- How many wait for what, by the labels of debug=1, or by the states of
--- debug=2.
local function states(debug)
  local text, counts = get("?debug=" .. debug), {}
  if debug == 2 then
    for state in text:gmatch "goroutine %d+ %[([^%]]+)%]:\n" do
      counts[state] = (counts[state] or 0) + 1
    end
    counts.thread = nil
  else
    for n, labels in text:gmatch "\n(%d+) @[^\n]*\n# labels: {([^\n]*)}\n" do
      local state = labels:match '"wait":"([^"]*)"'
      if state then counts[state] = (counts[state] or 0) + tonumber(n) end
    end
  end
  return counts
end

it("counts 10,000 that wait for something with a name exactly, of two workers", function()
  start(2)
  hold "/take"
  wait_for("routes.doze;scheduler.sleep", 1)
  for _ = 1, 4 do -- as connections come, by each worker
    for what in pairs { sleep = 1, lock = 1, receive = 1, send = 1, acquire = 1 } do
      assert.equal(204, (support.request(server.url .. "/wait/" .. what .. "/500")))
    end
  end
  local expected = { sleep = 2001, ["mutex orders"] = 2000, ["channel jobs"] = 2000,
    ["channel full"] = 2000, ["semaphore permits"] = 2000 }
  local n
  support.wait_until(function() -- what was spawned has begun
    n = 0
    for _, count in pairs(states(1)) do n = n + count end
    return n >= 10001
  end, "10,001 to wait", 30)
  assert.same(expected, states(1))
  assert.same(expected, states(2))
end)

it("has those whose turn has not come", function()
  start(1)
  -- On a busy machine the question may come when their turn was.
  for try = 1, 10 do
    hold "/oversleep/50"
    socket.sleep(0.4)
    local counts = states(1)
    if counts.runnable then
      assert.equal(50, counts.runnable)
      assert.equal(50 * (try - 1), counts.sleep or 0)
      counts = states(2)
      assert.is_nil(counts.runnable)
      assert.equal(50 * try, counts.sleep)
      return
    end
  end
  error "never one of them"
end)

it("has labels: what a coroutine waits for, and for which request", function()
  start(1)
  hold "/doze"
  hold "/stream"
  support.request(server.url .. "/make/1")
  wait_for("doze;scheduler.sleep", 1)
  wait_for("routes.flood;", 1)
  local text = get "?debug=1"
  for _, labels in ipairs {
    '{"coroutine":"waiting", "method":"GET", "route":"/doze", "wait":"sleep", "worker":"1"}',
    '{"coroutine":"waiting", "method":"GET", "route":"/stream", "wait":"write", "worker":"1"}',
    '{"coroutine":"suspended", "worker":"1"}', '{"coroutine":"not started", "worker":"1"}' } do
    assert.truthy(text:find("# labels: " .. labels, 1, true), labels .. "\n" .. text)
  end
end)

it("has a worker that spins, in Lua or in C, with its stack of now", function()
  start(2)
  hold "/spin"
  hold "/match"
  socket.sleep(0.2)
  local begun = socket.gettime()
  local folded = get "?format=folded"
  assert.is_true(socket.gettime() - begun < 10)
  assert.truthy(folded:find "__clone3;start_thread;run_thread;[^\n]*script_resume;anonymous@routes.lua:%d+ 1\n", folded)
  assert.equal(1, count(folded, ";string.find;"), folded)
end)

it("is read by go tool pprof, and of a delta is what is there at its end", function()
  start(1)
  hold "/doze"
  local code, out, err = support.run(("go tool pprof -traces %s/debug/pprof/goroutine?seconds=1")
    :format(support.quote(server.url)))
  assert.equal(0, code, err)
  assert.truthy(out:find("Type: goroutine", 1, true), out)
  assert.truthy(out:find("routes.doze", 1, true), out)
  assert.truthy(out:find("epoll_wait", 1, true), out)
end)

it("is not made for clients that have left", function()
  start(1)
  for _ = 1, 300 do
    raw_http.begin(server.port, "/debug/pprof/goroutine"):close()
  end
  server:signal "TERM"
  assert.equal(0, server:wait(5))
  assert.is_nil(server:output():find("abandoned", 1, true))
end)

it("has each thread once, however many ask at once", function()
  start(2)
  for _ = 1, 3 do
    hold("/debug/pprof/goroutine?debug=2", 8)
    for _, client in ipairs(clients) do
      local text, n = client:finish(), 0
      for _ in ("\n" .. text):gmatch "\ngoroutine %d+ %[thread%]:" do n = n + 1 end
      assert.equal(4, n, text)
    end
    clients = {}
  end
end)

it("has each one for itself with debug=2: what for, how long, who made it", function()
  start(2)
  hold("/doze", 2)
  assert.equal(200, (support.request(server.url .. "/make/2")))
  wait_for("doze;scheduler.sleep", 2)
  socket.sleep(0.3)
  local text = get "?debug=2"
  local dozing, suspended, unstarted, numbers = 0, 0, 0, {}
  local n_threads, threads = 0, {}
  for block in text:gmatch "(goroutine .-)\n\n" do
    local number, state = block:match "^goroutine (%d+) %[([^%]]+)%]:\n"
    local of_kind = state == "thread" and threads or numbers
    assert.is_nil(of_kind[number], block)
    of_kind[number] = true
    n_threads = n_threads + (state == "thread" and 1 or 0)
    if state == "thread" then -- as /proc has it
      assert.truthy(support.exists(("/proc/%d/task/%s/stat"):format(server.pid, number)), block)
    end
    if state == "sleep" and block:find "\nroutes.doze%(%.%.%.%)\n\t[^\n]*/routes.lua:%d+\n" then
      dozing = dozing + 1
      assert.truthy(block:find('"route":"/doze"', 1, true), block)
      local waited = tonumber(block:match "waits for ([%d.]+) s")
      assert.is_true(waited >= 0.3 and waited < 10, block)
    elseif state == "suspended" and block:find "routes.generate" then
      suspended = suspended + 1
      assert.truthy(block:find "coroutine.yield%(%.%.%.%)\n\t%[C%]\nroutes.pause", block)
      assert.truthy(block:find "created by anonymous@routes.lua:%d+\n\t[^\n]*/routes.lua:%d+$", block)
    elseif state == "not started" then
      unstarted = unstarted + 1
    end
  end
  assert.same({ 2, 2, 2 }, { dozing, suspended, unstarted }, text)
  -- Two workers, the admin's thread and the exporter's.
  assert.equal(4, n_threads, text)
end)
