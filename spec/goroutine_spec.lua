-- goroutine_spec.lua: the goroutine profile has all coroutines and threads, each
-- once, with its stack and what it waits for.
-- Needs: go
local go_pprof = require "go_pprof"
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
  -- Takes the lock, the permit and the place in the channel that others wait for.
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
  -- The sleeps of its coroutines are over, but the handler keeps the worker busy
  -- until the file exists.
  ["GET /oversleep/{n}"] = function(req)
    for _ = 1, tonumber(req.params.n) do
      scheduler.spawn(function() scheduler.sleep(0.05) scheduler.sleep(60) end)
    end
    scheduler.sleep(0)
    local due = clock.mono() + 0.06
    while clock.mono() < due do end
    io.open(req.query.stop .. ".spins", "w"):close()
    while not io.open(req.query.stop) do end
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

--- Returns the sum of the counts of the folded stacks that hold the text.
local function count(folded, text)
  local n = 0
  for line in folded:gmatch "[^\n]+" do
    if line:find(text, 1, true) then n = n + tonumber(line:match " (%d+)$") end
  end
  return n
end

local function wait_for(text, n)
  support.wait_until(function() return count(get "?format=folded", text) == n end,
    n .. " at " .. text, 60)
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
  local folded
  support.wait_until(function()
    folded = get "?format=folded"
    return count(folded, "doze;scheduler.sleep") == 350 and count(folded, "routes.flood;") == 20
  end, "all to wait", 60)
  assert.equal(5000, count(folded, "routes.generate;routes.pause;coroutine.yield"), folded)
  assert.equal(5000, count(folded, "routes.doze "), folded)
  assert.equal(50, count(folded, "routes.fetch;http.get"), folded)
  -- The threads: the worker, the admin thread and the exporter thread.
  assert.equal(3, count(folded, "__clone3") + count(folded, "_start;"))
  local total = 0
  for n in folded:gmatch " (%d+)\n" do total = total + n end
  assert.equal(10000 + 350 + 50 + 20 + 3, total, folded)

  assert.equal(200, (support.request(server.url .. "/drop")))
  assert.equal(0, count(get "?format=folded", "routes.generate"))
end)

--- Returns how many coroutines wait, by what they wait for: from the labels of
--- debug=1 or from the states of debug=2. Asks the server unless `text` is given.
local function states(debug, text)
  local counts = {}
  text = text or get("?debug=" .. debug)
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
  for _ = 1, 4 do -- any worker may answer
    for what in pairs { sleep = 1, lock = 1, receive = 1, send = 1, acquire = 1 } do
      assert.equal(204, (support.request(server.url .. "/wait/" .. what .. "/500")))
    end
  end
  local expected = { sleep = 2001, ["mutex orders"] = 2000, ["channel jobs"] = 2000,
    ["channel full"] = 2000, ["semaphore permits"] = 2000 }
  for debug = 1, 2 do
    local counts
    support.wait_until(function() -- all spawned coroutines have begun
      local n = 0
      counts = states(debug)
      for _, count in pairs(counts) do n = n + count end
      return n >= 10001
    end, "10,001 to wait", 60)
    assert.same(expected, counts)
  end
end)

it("has those whose turn has not come", function()
  start(1)
  for try = 1, 20 do
    local stop = folder .. "/stop-" .. try
    hold("/oversleep/50?stop=" .. stop)
    support.wait_until(function() return support.exists(stop .. ".spins") end, "the handler", 60)
    -- The worker answers the question when the handler has ended, before the
    -- coroutines go on. When the server has answered a later request, it has asked
    -- the worker. The server waits for a second, which may be too short on a busy
    -- machine: then the worker's coroutines are missing, and the spec asks again.
    local question = raw_http.begin(server.port, "/debug/pprof/goroutine?debug=1")
    assert.equal(200, (support.request(server.url .. "/debug/pprof/cmdline")))
    support.write_file(stop, "")
    local counts = states(1, question:finish())
    if counts.runnable then
      assert.equal(50, counts.runnable)
      assert.equal(50 * (try - 1), counts.sleep or 0)
      support.wait_until(function() return states(2).sleep == 50 * try end,
        "all to sleep again", 60)
      return
    end
  end
  error "20 questions met none of them"
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

for path, stack in pairs {
  ["/spin"] = "__clone3;start_thread;run_worker;[^\n]*script_resume;anonymous@routes.lua:%d+ 1\n",
  ["/match"] = "anonymous@routes.lua:%d+;string.find;[^\n]* 1\n",
} do
  it("has a worker that spins, with its stack of now: " .. path, function()
    start(1)
    hold(path)
    -- The handler never ends: each reply comes in spite of it.
    support.wait_until(function() return get "?format=folded":find(stack) end,
      "the handler's stack", 60)
  end)
end

it("is read by go tool pprof, and of a delta is what is there at its end", function()
  start(1)
  hold "/doze"
  wait_for("doze;scheduler.sleep", 1)
  local out = go_pprof.read("-traces '" .. server.url .. "/debug/pprof/goroutine?seconds=1'",
    folder)
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
  assert.equal(0, server:wait(60))
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
  local begun = socket.gettime()
  hold("/doze", 2)
  assert.equal(200, (support.request(server.url .. "/make/2")))
  wait_for("doze;scheduler.sleep", 2)
  local seen = socket.gettime()
  socket.sleep(0.3) -- a part of the wait, whose length is compared
  local least = socket.gettime() - seen
  local text = get "?debug=2"
  local most = socket.gettime() - begun
  local dozing, suspended, unstarted, numbers = 0, 0, 0, {}
  local n_threads, threads = 0, {}
  for block in text:gmatch "(goroutine .-)\n\n" do
    local number, state = block:match "^goroutine (%d+) %[([^%]]+)%]:\n"
    local of_kind = state == "thread" and threads or numbers
    assert.is_nil(of_kind[number], block)
    of_kind[number] = true
    n_threads = n_threads + (state == "thread" and 1 or 0)
    if state == "thread" then -- the number is the thread's id in /proc
      assert.truthy(support.exists(("/proc/%d/task/%s/stat"):format(server.pid, number)), block)
    end
    if state == "sleep" and block:find "\nroutes.doze%(%.%.%.%)\n\t[^\n]*/routes.lua:%d+\n" then
      dozing = dozing + 1
      assert.truthy(block:find('"route":"/doze"', 1, true), block)
      local waited = tonumber(block:match "waits for ([%d.]+) s")
      assert.is_true(waited >= least - 0.002 and waited <= most, block)
    elseif state == "suspended" and block:find "routes.generate" then
      suspended = suspended + 1
      assert.truthy(block:find "coroutine.yield%(%.%.%.%)\n\t%[C%]\nroutes.pause", block)
      assert.truthy(block:find "created by anonymous@routes.lua:%d+\n\t[^\n]*/routes.lua:%d+$", block)
    elseif state == "not started" then
      unstarted = unstarted + 1
    end
  end
  assert.same({ 2, 2, 2 }, { dozing, suspended, unstarted }, text)
  -- The threads: two workers, the admin thread and the exporter thread.
  assert.equal(4, n_threads, text)
end)
