-- goroutineleak_spec.lua: the goroutineleak profile has the tasks that nothing
-- live can wake, and no others: each way to wait for ever beside the same wait
-- with something that could end it.
-- Needs: go
local raw_http = require "raw_http"
local support = require "support"

local ROUTES = [==[
local scheduler = require "scheduler"
local shared = require "shared"
local sync = require "sync"
local thread = require "thread"
local flags = shared.dict "flags"
local left, right = sync.mutex "left", sync.mutex "right"
local busy, kept = sync.mutex "busy", sync.channel "kept"

--- Waits until `n` tasks of all workers have come here.
local function meet(name, n)
  flags:incr(name)
  while flags:get(name) < n do scheduler.sleep(0.01) end
end

local function doze() scheduler.sleep(600) end

local leaks = {
  receive = function() sync.channel("nobody's"):receive() end,
  send = function() sync.channel("nobody's too"):send(1) end,
  acquire = function()
    sync.semaphore("gone", 1):acquire()
    sync.semaphore("gone"):acquire()
  end,
  -- Each waits for what only the other one has.
  left_first = function() left:lock() meet("both", 3) right:lock() end,
  right_first = function() right:lock() meet("both", 3) left:lock() end,
  -- The two that could wake it leak.
  behind = function() meet("both", 3) left:lock() end,
  -- It could send, if only it went on.
  promise = function()
    local channel = sync.channel "promised"
    sync.channel("nobody's third"):receive()
    channel:send(1)
  end,
  promised = function() sync.channel("promised"):receive() end,
}

local lives = {
  timeout = function() sync.channel("soon"):receive(600) end,
  sleep = doze,
  kept = function() kept:receive() end,
  hold_busy = function() busy:lock() flags:incr "busy" doze() end,
  busy = function() meet("busy", 2) busy:lock() end,
  -- One that dozes has the object open: in a local, a table, an upvalue, an
  -- argument, a coroutine of its own, and on another thread.
  owner = function()
    local a, t = sync.channel "a", { { sync.channel "b" } }
    local c = sync.channel "c"
    local function use() return c end
    local co = coroutine.wrap(function(d) coroutine.yield() return d end)
    co(sync.channel "d")
    doze()
    return a, t, use, co
  end,
  a = function() sync.channel("a"):receive() end,
  b = function() sync.channel("b"):receive() end,
  c = function() sync.channel("c"):send(1) end,
  d = function() sync.channel("d"):receive() end,
  e = function() sync.channel("e"):receive() end,
  -- It waits for one that could go on, and could wake another then.
  middle = function()
    local channel = sync.channel "end"
    sync.channel("a"):receive()
    channel:send(1)
  end,
  last = function() sync.channel("end"):receive() end,
}

local function on_thread()
  local channel = require("sync").channel "e"
  require("scheduler").sleep(600)
  return channel
end

local function spin()
  require("shared").dict("flags"):set("spins", true)
  while true do end
end

return {
  ["GET /spawn/{what}"] = function(req)
    scheduler.spawn(leaks[req.params.what] or lives[req.params.what])
    return ""
  end,
  ["GET /thread"] = function() thread.spawn(on_thread) return "" end,
  -- Until it spins.
  ["GET /spin"] = function()
    thread.spawn(spin)
    while not flags:get "spins" do scheduler.sleep(0.01) end
    return ""
  end,
  ["GET /wake/{name}"] = function(req) sync.channel(req.params.name):send(1, 5) return "" end,
}
]==]

-- Where each task waits in the end, root first.
local LEAKS = {
  receive = "sync.channel:receive", send = "sync.channel:send",
  acquire = "sync.semaphore:acquire", left_first = "sync.mutex:lock",
  right_first = "sync.mutex:lock", behind = "sync.mutex:lock",
  promise = "sync.channel:receive", promised = "sync.channel:receive",
}
local LIVES = {
  timeout = "sync.channel:receive", sleep = "scheduler.sleep", kept = "sync.channel:receive",
  hold_busy = "routes.doze;scheduler.sleep", busy = "sync.mutex:lock",
  owner = "routes.doze;scheduler.sleep", a = "sync.channel:receive",
  b = "sync.channel:receive", c = "sync.channel:send", d = "sync.channel:receive",
  e = "sync.channel:receive", middle = "sync.channel:receive", last = "sync.channel:receive",
}

local folder, server

local function get(path)
  local status, body = support.request(server.url .. path)
  assert.equal(200, status, body)
  return body
end

--- The folded stacks of a profile's tasks, with their counts.
local function stacks(profile)
  local list = {}
  for stack, n in get("/debug/pprof/" .. profile .. "?format=folded"):gmatch "([^\n]+) (%d+)\n" do
    list[stack] = tonumber(n)
  end
  return list
end

local function stack_of(name, wait)
  return name == "sleep" and "routes.doze;" .. wait or "routes." .. name .. ";" .. wait
end

--- The stacks that these tasks have when they wait, each once.
local function stacks_of(waits)
  local list = {}
  for name, wait in pairs(waits) do list[stack_of(name, wait)] = 1 end
  return list
end

--- Starts tasks, each on whatever worker, and waits until all of them wait.
local function start(...)
  local expected = {}
  for _, waits in ipairs { ... } do
    for name, wait in pairs(waits) do
      get("/spawn/" .. name)
      expected[#expected + 1] = stack_of(name, wait)
    end
  end
  support.wait_until(function()
    local all = stacks "goroutine"
    for _, stack in ipairs(expected) do
      if not all[stack] then return false end
    end
    return true
  end, "all tasks that wait", 30)
end

before_each(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "3", folder }
end)

after_each(function()
  server:signal "KILL"
  server:stop()
  support.remove_folder(folder)
end)

it("has all tasks that nothing can wake, and no others", function()
  get "/thread"
  support.wait_until(function()
    return stacks "goroutine"["routes.on_thread;scheduler.sleep"]
  end, "the thread", 30)
  start(LEAKS, LIVES)
  for _ = 1, 3 do assert.same(stacks_of(LEAKS), stacks "goroutineleak") end
end)

it("has none where all can be woken", function()
  start { kept = LIVES.kept, hold_busy = LIVES.hold_busy, busy = LIVES.busy,
    owner = LIVES.owner, a = LIVES.a }
  assert.same({}, stacks "goroutineleak")
end)

it("has none where no task waits for an object", function()
  start { sleep = LIVES.sleep }
  assert.same({}, stacks "goroutineleak")
end)

it("has no task any more that was woken by code that opened the name", function()
  start { receive = LEAKS.receive, send = LEAKS.send }
  assert.same(stacks_of { receive = LEAKS.receive, send = LEAKS.send }, stacks "goroutineleak")
  get "/wake/nobody's"
  assert.same(stacks_of { send = LEAKS.send }, stacks "goroutineleak")
end)

it("takes a state that does not answer for one that may wake any but a deadlock", function()
  get "/spin"
  local deadlock = { left_first = LEAKS.left_first, right_first = LEAKS.right_first,
    behind = LEAKS.behind }
  start(deadlock, { receive = LEAKS.receive })
  assert.same(stacks_of(deadlock), stacks "goroutineleak")
  -- Also when it is not even asked, for it has so many questions unanswered.
  local clients = {}
  for i = 1, 70 do clients[i] = raw_http.begin(server.port, "/debug/pprof/goroutine") end
  for _, client in ipairs(clients) do
    assert.equal(200, client:read_reply().status)
    client:close()
  end
  assert.same(stacks_of(deadlock), stacks "goroutineleak")
  local file = folder .. "/leak.pb.gz"
  support.write_file(file, get "/debug/pprof/goroutineleak")
  local _, comments = support.run("go tool pprof -comments " .. file)
  assert.truthy(comments:find("a Lua state did not answer", 1, true), comments)
end)

it("takes scripts that are being loaded for code that may wake any but a deadlock", function()
  start { receive = LEAKS.receive }
  assert.same(stacks_of { receive = LEAKS.receive }, stacks "goroutineleak")
  support.write_file(folder .. "/routes.lua", ([[
    local channel = require("sync").channel "nobody's"
    io.open(%q, "w"):close()
    local give_up = os.time() + 60
    repeat
      local go = io.open(%q)
      if go then go:close() end
    until go or os.time() > give_up
  ]]):format(folder .. "/loading", folder .. "/go") .. ROUTES)
  support.wait_until(function() return support.exists(folder .. "/loading") end,
    "the new scripts to be loaded")
  assert.same({}, stacks "goroutineleak")
  support.write_file(folder .. "/go", "")
end)

it("is of the form of a goroutine profile", function()
  start { receive = LEAKS.receive, send = LEAKS.send }
  local status, body, headers = support.request(server.url .. "/debug/pprof/goroutineleak")
  assert.equal(200, status)
  assert.equal('attachment; filename="goroutineleak"', headers["content-disposition"])
  local file = folder .. "/leak.pb.gz"
  support.write_file(file, body)
  local _, raw = support.run("go tool pprof -raw " .. file)
  assert.truthy(raw:find("PeriodType: goroutineleak count\nPeriod: 1\n", 1, true), raw)
  assert.truthy(raw:find("Samples:\ngoroutineleak/count\n", 1, true), raw)
  assert.truthy(raw:find("wait:[channel nobody's]", 1, true), raw)
  local text = get "/debug/pprof/goroutineleak?debug=1"
  assert.truthy(text:find "^goroutineleak profile: total 2\n", text)
  assert.truthy(get("/debug/pprof/"):find('href="goroutineleak?debug=1"', 1, true))
end)
