-- sync_spec.lua: mutexes, channels and semaphores that the tasks of all workers
-- share.
-- Needs: time
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local scheduler = require "scheduler"
local sync = require "sync"
local mutex = sync.mutex "orders"
local two = sync.semaphore("two", 2)
local jobs = sync.channel("jobs", 2)
local handover = sync.channel "handover"
local inside = sync.channel("inside", 1000)

-- What else could be inside at the same time would show in #inside.
local function enter(seconds)
  inside:send(true)
  local n = #inside
  scheduler.sleep(seconds)
  inside:receive()
  return n
end

return {
  ["GET /lock"] = function() return { inside = mutex:with(enter, 0.002) } end,
  ["GET /hold"] = function(req)
    local held <close> = mutex:lock()
    scheduler.sleep(tonumber(req.query.s))
    return "held"
  end,
  ["GET /try"] = function(req)
    local got, why = mutex:lock(tonumber(req.query.s))
    if got then got:unlock() end
    return why or "got"
  end,
  ["GET /leave"] = function() mutex:lock() return "left" end,
  ["GET /fail"] = function() mutex:with(error, "oops") end,
  ["GET /wrap"] = function()
    return coroutine.wrap(function() return mutex:with(function() return "wrapped" end) end)()
  end,
  ["GET /error/{what}"] = function(req)
    local calls = {
      twice = function() mutex:lock() mutex:lock() end,
      unlock = function() mutex:unlock() end,
      name = function() sync.mutex "" end,
      size = function() sync.channel("jobs", 3) end,
      permits = function() sync.semaphore("x", 0) end,
      release = function() two:release() end,
      ["function"] = function() jobs:send { { print } } end,
      deep = function() local t = {} t.t = t jobs:send(t) end,
      time = function() mutex:lock(-1) end,
      coroutine = function() coroutine.wrap(function() handover:receive() end)() end,
    }
    local ok, message = pcall(calls[req.params.what])
    return tostring(ok) .. " " .. message
  end,
  ["GET /permit"] = function() return { inside = two:with(enter, 0.01) } end,
  ["GET /send/{name}"] = function(req)
    local channel = sync.channel(req.params.name)
    local ok, why = channel:send(req.query.v, tonumber(req.query.s))
    return why or tostring(ok)
  end,
  ["GET /receive/{name}"] = function(req)
    local value, why = sync.channel(req.params.name):receive(tonumber(req.query.s))
    return why or tostring(value)
  end,
  ["GET /close/{name}"] = function(req) sync.channel(req.params.name):close() return "closed" end,
  ["GET /copy"] = function()
    local json = require "json"
    local channel = sync.channel("copies", 10)
    local value = { 1, 2.5, -0.0, math.mininteger, "a\0b", true, false, json.null,
      { x = { y = {} } }, [2.5] = "f", [true] = "t" }
    channel:send(value)
    channel:send(nil)
    local copy = channel:receive()
    local none, why = channel:receive()
    return { type = math.type(copy[1]) .. math.type(copy[2]) .. math.type(copy[3]),
      least = copy[4] == math.mininteger, nul = copy[5] == "a\0b", yes = copy[6], no = copy[7],
      null = copy[8] == json.null, deep = next(copy[9].x.y) == nil, float = copy[2.5],
      bool = copy[true], same = copy == value, none = none == nil and why == nil }
  end,
  ["GET /many"] = function()
    for i = 1, 20000 do sync.mutex("user " .. i):with(type, 1) end
    return "done"
  end,
}
]==]

local HANDLES = [==[
local sync = require "sync"
io.write(tostring(getmetatable(sync.mutex "m")), " ",
  tostring(getmetatable(sync.channel "c")), " ", tostring(getmetatable(sync.semaphore "s")))
]==]

local folder, server

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  support.write_file(folder .. "/handles.lua", HANDLES)
  server = support.serve { "--workers", "2", folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Send a request; returns a function that waits for the body, and its socket.
local function start(path)
  local client = assert(socket.connect("127.0.0.1", server.port))
  client:settimeout(10)
  client:send("GET " .. path .. " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
  return function()
    local reply = assert(client:receive "*a")
    client:close()
    return reply:match "\r\n\r\n(.*)"
  end, client
end

local function get(path) return (start(path))() end

local function get_all(n, path)
  local waits, bodies = {}, {}
  for i = 1, n do waits[i] = start(path) end
  for i = 1, n do bodies[i] = waits[i]() end
  return bodies
end

describe("a mutex", function()
  it("is held by one task of all workers", function()
    for _, body in ipairs(get_all(60, "/lock")) do assert.equal('{"inside":1}', body) end
  end)

  it("is waited for no longer than asked", function()
    local held = start "/hold?s=0.3"
    socket.sleep(0.05)
    local began = socket.gettime()
    assert.equal("timeout", get "/try?s=0")
    assert.equal("timeout", get "/try?s=0.05")
    assert.is_true(socket.gettime() - began >= 0.05)
    assert.equal("got", get "/try?s=10")
    assert.equal("held", held())
  end)

  it("is free again after an error, and a task that has left it locked", function()
    assert.equal("Internal Server Error\n", get "/fail")
    assert.equal("got", get "/try?s=1")
    assert.equal("left", get "/leave")
    assert.equal("got", get "/try?s=1")
    support.wait_until(function()
      return server:output():find "level=warn event=mutex_left_locked mutex=orders"
    end, "the warning")
  end)

  it("goes on to the next when a client that waits or holds leaves", function()
    local _, holder = start "/hold?s=60"
    socket.sleep(0.05)
    local _, waiter = start "/try?s=60"
    local last = start "/try?s=60"
    socket.sleep(0.05)
    waiter:close()
    holder:close()
    assert.equal("got", last())
  end)

  it("can be had in a coroutine of the script's own", function()
    assert.equal("wrapped", get "/wrap")
  end)

  it("costs nothing once nobody has it open", function()
    local function resident()
      return tonumber(support.read_file(("/proc/%d/statm"):format(server.pid)):match "%d+ (%d+)") * 4096
    end
    for _ = 1, 4 do get "/many" end
    local before = resident()
    for _ = 1, 20 do get "/many" end
    -- 400,000 more names, some 200 bytes each, would be 80 MB.
    assert.is_true(resident() - before < 20e6, resident() - before .. " bytes more")
  end)
end)

it("a semaphore lets so many in", function()
  local most = 0
  for _, body in ipairs(get_all(40, "/permit")) do
    most = math.max(most, tonumber(body:match "%d+"))
  end
  assert.equal(2, most)
end)

describe("a channel", function()
  it("keeps messages in order, up to its capacity", function()
    assert.equal("true", get "/send/jobs?v=a")
    assert.equal("true", get "/send/jobs?v=b")
    assert.equal("timeout", get "/send/jobs?v=c&s=0.05")
    local waits = start "/send/jobs?v=d"
    assert.equal("a", get "/receive/jobs")
    assert.equal("true", waits())
    assert.equal("b", get "/receive/jobs")
    assert.equal("d", get "/receive/jobs")
    assert.equal("timeout", get "/receive/jobs?s=0.05")
  end)

  it("of no capacity hands over", function()
    local sender = start "/send/handover?v=x"
    assert.equal("x", get "/receive/handover")
    assert.equal("true", sender())
    local receiver = start "/receive/handover"
    assert.equal("true", get "/send/handover?v=y")
    assert.equal("y", receiver())
  end)

  it("loses nothing when those who wait leave", function()
    local clients = {}
    for i = 1, 20 do clients[i] = select(2, start "/receive/lossless") end
    socket.sleep(0.1)
    for i = 1, 20 do clients[i]:close() end
    for i = 1, 20 do clients[i] = start("/send/lossless?v=" .. i) end
    local sum = 0
    for _ = 1, 20 do sum = sum + tonumber(get "/receive/lossless?s=5") end
    assert.equal(210, sum)
    for i = 1, 20 do assert.equal("true", clients[i]()) end
  end)

  it("that is closed gives what it has", function()
    local sender = start "/send/closing?v=a"
    socket.sleep(0.05)
    local _, gone = start "/send/closing?v=b"
    socket.sleep(0.05)
    gone:close()
    assert.equal("a", get "/receive/closing")
    assert.equal("true", sender())
    local receivers = { start "/receive/closing", (start "/receive/closing") }
    sender = start "/receive/closing"
    socket.sleep(0.05)
    assert.equal("closed", get "/close/closing")
    assert.equal("closed", receivers[1]())
    assert.equal("closed", sender())
    assert.equal("closed", get "/send/closing?v=c")
    assert.equal("closed", get "/receive/closing")
  end)

  it("carries copies of values", function()
    local _, body = support.request(server.url .. "/copy")
    for _, part in ipairs { '"type":"integerfloatfloat"', '"least":true', '"nul":true', '"yes":true',
      '"no":false', '"null":true', '"deep":true', '"float":"f"', '"bool":"t"', '"same":false',
      '"none":true' } do
      assert.truthy(body:find(part, 1, true), part .. " in " .. body)
    end
  end)
end)

it("what is wrong is said", function()
  for what, message in pairs {
    twice = "mutex orders is locked by this task already",
    unlock = "mutex orders is not locked by this task",
    name = "a name must have 1 to 128 bytes",
    size = "channel 'jobs' is there already, with a capacity of 2",
    permits = "must be from 1 to 1000000000",
    release = "semaphore two has all its permits already",
    ["function"] = "a function cannot go to another Lua state",
    deep = "a table is nested more than 100 deep, or within itself",
    time = "must be from 0 to 1e6 seconds",
    coroutine = "channel:receive has to wait, which it cannot do in a coroutine of the script's own",
  } do
    local body = get("/error/" .. what)
    assert.truthy(body:find("false", 1, true) and body:find(message, 1, true), body)
  end
end)

it("a handle keeps its metatable to itself", function()
  -- Its __gc on another value, or while a task waits, would end the process.
  local code, out, err = support.command("run " .. support.quote(folder .. "/handles.lua"))
  assert.equal(0, code, err)
  assert.equal("false false false", out)
end)

it("a server with tasks that wait for each other stops", function()
  local other = support.serve { "--workers", "2", folder }
  local clients = {}
  for _, path in ipairs { "/hold?s=60", "/try?s=60", "/receive/handover", "/receive/jobs" } do
    for _ = 1, 5 do
      local client = assert(socket.connect("127.0.0.1", other.port))
      client:send("GET " .. path .. " HTTP/1.1\r\nHost: x\r\n\r\n")
      clients[#clients + 1] = client
    end
  end
  socket.sleep(0.2)
  assert.equal(0, other:stop())
  for _, client in ipairs(clients) do client:close() end
end)
