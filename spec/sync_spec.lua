-- sync_spec.lua: mutexes, channels and semaphores that the tasks of all workers
-- share.
-- Needs: time
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local scheduler = require "scheduler"
local sync = require "sync"
local mutex = sync.mutex "orders"
local two = sync.semaphore("two", 2)
local jobs = sync.channel("jobs", 2)
local handover = sync.channel "handover"
local gate = sync.channel "gate"
local inside = sync.channel("inside", 1000)

-- Another task that is inside at the same time shows in #inside.
local function enter(seconds)
  inside:send(true)
  local n = #inside
  scheduler.sleep(seconds)
  inside:receive()
  return n
end

return {
  ["GET /lock"] = function() return { inside = mutex:with(enter, 0.002) } end,
  ["GET /hold"] = function()
    local held <close> = mutex:lock()
    gate:receive()
    return "held"
  end,
  ["GET /release"] = function() gate:send(true) return "released" end,
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

local function begin(path) return raw_http.begin(server.port, path) end

--- Returns the body of a reply, and closes the connection.
local function body_of(client)
  local body = client:read_reply().body
  client:close()
  return body
end

local function get(path) return body_of(begin(path)) end

local function get_all(n, path)
  local clients, bodies = {}, {}
  for i = 1, n do clients[i] = begin(path) end
  for i = 1, n do bodies[i] = body_of(clients[i]) end
  return bodies
end

--- Sends a request and waits until `n` tasks (1 unless given) wait as `what` says,
-- the last frames of their stacks.
local function begin_waiting(path, what, n)
  local client = begin(path)
  state.wait_for_tasks(server, what, n)
  return client
end

local LOCK, SEND, RECEIVE = "sync%.mutex:lock", "sync%.channel:send", "sync%.channel:receive"

describe("a mutex", function()
  it("is held by one task of all workers", function()
    for _, body in ipairs(get_all(60, "/lock")) do assert.equal('{"inside":1}', body) end
  end)

  it("is waited for no longer than asked", function()
    local holder = begin_waiting("/hold", RECEIVE)
    local began = socket.gettime()
    assert.equal("timeout", get "/try?s=0")
    assert.equal("timeout", get "/try?s=0.05")
    assert.is_true(socket.gettime() - began >= 0.05)
    local waiter = begin_waiting("/try?s=60", LOCK)
    get "/release"
    assert.equal("got", body_of(waiter))
    assert.equal("held", body_of(holder))
  end)

  it("is free again after an error, and a task that has left it locked", function()
    assert.equal("Internal Server Error\n", get "/fail")
    assert.equal("got", get "/try?s=1")
    assert.equal("left", get "/leave")
    assert.equal("got", get "/try?s=1")
    state.wait_for_log(server, "level=warn event=mutex_left_locked mutex=orders")
  end)

  it("goes on to the next when a client that waits or holds leaves", function()
    local holder = begin_waiting("/hold", RECEIVE)
    local waiter = begin_waiting("/try?s=60", LOCK)
    local last = begin_waiting("/try?s=60", LOCK, 2)
    waiter:close()
    holder:close()
    assert.equal("got", body_of(last))
  end)

  it("can be had in a coroutine of the script's own", function()
    assert.equal("wrapped", get "/wrap")
  end)

  it("is freed once nobody has it open", function()
    local function resident()
      return tonumber(support.read_file(("/proc/%d/statm"):format(server.pid)):match "%d+ (%d+)") * 4096
    end
    for _ = 1, 2 do get "/many" end
    local before = resident()
    for _ = 1, 10 do get "/many" end
    -- 200,000 more names, some 200 bytes each, would be 40 MB.
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
    local sender = begin_waiting("/send/jobs?v=d", SEND)
    assert.equal("a", get "/receive/jobs")
    assert.equal("true", body_of(sender))
    assert.equal("b", get "/receive/jobs")
    assert.equal("d", get "/receive/jobs")
    assert.equal("timeout", get "/receive/jobs?s=0.05")
  end)

  it("of no capacity hands over", function()
    local sender = begin_waiting("/send/handover?v=x", SEND)
    assert.equal("x", get "/receive/handover")
    assert.equal("true", body_of(sender))
    local receiver = begin_waiting("/receive/handover", RECEIVE)
    assert.equal("true", get "/send/handover?v=y")
    assert.equal("y", body_of(receiver))
  end)

  it("loses nothing when those who wait leave", function()
    local clients = {}
    for i = 1, 20 do clients[i] = begin "/receive/lossless" end
    state.wait_for_tasks(server, RECEIVE, 20)
    for i = 1, 20 do clients[i]:close() end
    for i = 1, 20 do clients[i] = begin("/send/lossless?v=" .. i) end
    local sum = 0
    for _ = 1, 20 do sum = sum + tonumber(get "/receive/lossless?s=20") end
    assert.equal(210, sum)
    for i = 1, 20 do assert.equal("true", body_of(clients[i])) end
  end)

  it("that is closed gives what it has", function()
    local sender = begin_waiting("/send/closing?v=a", SEND)
    begin_waiting("/send/closing?v=b", SEND, 2):close()
    assert.equal("a", get "/receive/closing")
    assert.equal("true", body_of(sender))
    state.wait_for_tasks(server, SEND, 0) -- the second one has left
    local receivers = { begin "/receive/closing", begin "/receive/closing", begin "/receive/closing" }
    state.wait_for_tasks(server, RECEIVE, 3)
    assert.equal("closed", get "/close/closing")
    for _, receiver in ipairs(receivers) do assert.equal("closed", body_of(receiver)) end
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

it("a wrong call says what is wrong", function()
  for what, message in pairs {
    twice = "mutex orders is locked by this task already",
    unlock = "mutex orders is not locked by this task",
    name = "a name must have 1 to 128 bytes",
    size = "channel 'jobs' exists already, with a capacity of 2",
    permits = "must be from 1 to 1000000000",
    release = "semaphore two has all its permits already",
    ["function"] = "a function cannot go to another Lua state",
    deep = "a table is nested more than 100 deep, or within itself",
    time = "must be from 0 to 1e6 seconds",
    coroutine = "channel:receive has to wait, which is not possible in a coroutine that the script made",
  } do
    local body = get("/error/" .. what)
    assert.truthy(body:find("false", 1, true) and body:find(message, 1, true), body)
  end
end)

it("a handle hides its metatable", function()
  -- A call of its __gc with another value, or while a task waits, would end the
  -- process.
  local code, out, err = support.command("run " .. support.quote(folder .. "/handles.lua"))
  assert.equal(0, code, err)
  assert.equal("false false false", out)
end)

it("a server with tasks that wait for each other stops", function()
  local other = support.serve { "--workers", "2", folder }
  local clients = {}
  for _, path in ipairs { "/hold", "/try?s=60", "/receive/handover", "/receive/jobs" } do
    for _ = 1, 5 do clients[#clients + 1] = raw_http.begin(other.port, path) end
  end
  state.wait_for_requests(other, 20)
  assert.equal(0, other:stop())
  for _, client in ipairs(clients) do client:close() end
end)
