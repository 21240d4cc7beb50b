-- waiting_spec.lua: handlers that wait for other servers, and functions that
-- run later. None of these holds up a worker.
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local clock = require "clock"
local http = require "http"
local json = require "json"
local log = require "log"
local scheduler = require "scheduler"

local ticks, tock = 0, nil
local ticker = scheduler.every(0.02, function() ticks = ticks + 1 end)
scheduler.after(0.01, function() tock = "tock" end)
log.info "loaded"

local function summary(res)
  return { status = res.status, body = res.body, error = res.error,
    code = res.error_code, type = res.headers["content-type"] }
end

local is_open, is_stopped
local function sleep_while(goes_on, seconds, busy_seconds)
  while goes_on() do
    local start = clock.mono()
    while clock.mono() - start < busy_seconds do end
    scheduler.sleep(seconds)
  end
end
local restless = {
  no_sleep = function(goes_on) sleep_while(goes_on, 0, 0) end,
  short_sleep = function(goes_on)
    scheduler.spawn(function() sleep_while(goes_on, 0.001, 0.005) end)
    sleep_while(goes_on, 0.001, 0.005)
  end,
  spawn = function(goes_on)
    local function spawn() if goes_on() then scheduler.spawn(spawn) end end
    spawn()
    while goes_on() do scheduler.sleep(0.01) end
  end,
  every = function(goes_on)
    local timers = {}
    for i = 1, 2 do
      timers[i] = scheduler.every(0.001, function() sleep_while(goes_on, 0.001, 0.005) end)
    end
    while goes_on() do scheduler.sleep(0.01) end
    for _, timer in ipairs(timers) do timer:cancel() end
  end,
}

return {
  ["GET /hello"] = function() return "hello" end,
  ["/echo"] = function(req)
    return { method = req.method, body = req.body, agent = req.headers["user-agent"],
      x = req.headers["x-test"], length = req.headers["content-length"] }
  end,
  ["GET /slow"] = function(req)
    scheduler.sleep(tonumber(req.query.s or "0.2"))
    return "slow"
  end,
  ["GET /gated"] = function()
    repeat scheduler.sleep(0.01) until is_open
    return "gated"
  end,
  ["GET /open"] = function() is_open = true end,
  ["GET /get"] = function(req) return summary(http.get(req.query.url)) end,
  ["GET /timeout"] = function(req)
    return summary(http.get(req.query.url, { timeout = 100 }))
  end,
  ["GET /verbs"] = function(req)
    local out = {}
    for i, verb in ipairs { "get", "post", "put", "patch", "del", "options" } do
      local res = verb == "get" and http.get(req.query.url, { headers = { ["X-Test"] = "t" } })
        or http[verb](req.query.url, "body of " .. verb, { headers = { ["X-Test"] = "t" } })
      out[i] = res:json()
    end
    out[#out + 1] = http.request("POST", req.query.url, "own").body
    return out
  end,
  ["GET /stream"] = function(req)
    return req:stream(function(write)
      for _ = 1, 3 do write(http.get(req.query.url).body) end
    end)
  end,
  ["GET /coroutine"] = function(req)
    return { error = select(2, pcall(coroutine.wrap(http.get), req.query.url)) }
  end,
  ["GET /bad"] = function() return http.get("http://127.0.0.1/", { nonsense = 1 }) end,
  ["GET /ticks"] = function() return { ticks = ticks, tock = tock or json.null } end,
  ["GET /cancel"] = function()
    ticker:cancel()
    ticker:cancel()
    return "cancelled"
  end,
  ["GET /spawn"] = function()
    scheduler.spawn(function()
      scheduler.sleep(0.05)
      log.info "spawned_work"
    end)
    return "answered"
  end,
  ["GET /overlap"] = function()
    local running, most, calls = 0, 0, 0
    -- A call takes six intervals.
    local timer = scheduler.every(0.005, function()
      running, calls = running + 1, calls + 1
      most = math.max(most, running)
      scheduler.sleep(0.03)
      running = running - 1
    end)
    repeat scheduler.sleep(0.01) until calls == 4
    timer:cancel()
    return tostring(most)
  end,
  -- Each function works without a long wait until a request to /stop.
  ["GET /restless/{how}"] = function(req)
    is_stopped = false
    local deadline = clock.mono() + 20
    local function goes_on() return not is_stopped and clock.mono() < deadline end
    restless[req.params.how](goes_on)
    return tostring(is_stopped)
  end,
  ["GET /stop"] = function()
    is_stopped = true
    return "stopped"
  end,
  ["GET /fails-later"] = function()
    scheduler.after(0, function() error "failed later" end)
    return "answered"
  end,
  ["GET /bad-timer/{what}"] = function(req)
    local calls = {
      interval = function() scheduler.every(0, print) end,
      seconds = function() scheduler.after(-1, print) end,
      nan = function() scheduler.sleep(0 / 0) end,
      callee = function() scheduler.spawn "text" end,
    }
    calls[req.params.what]()
  end,
}
]==]

local server, folder

local function get(path)
  local status, body = support.request(server.url .. path)
  return status, body
end

local function wait_for_log(text) state.wait_for_log(server, text) end

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "1", folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

describe("http in a handler", function()
  -- One worker: it answers the inner request while the outer one waits.
  it("gets from a server, its own too", function()
    local status, body = get("/get?url=" .. server.url .. "/hello")
    assert.equal(200, status)
    assert.truthy(body:find('"body":"hello"', 1, true), body)
    assert.truthy(body:find('"status":200', 1, true), body)
    assert.truthy(body:find('"type":"text/plain; charset=utf-8"', 1, true), body)
  end)

  it("has k6's functions", function()
    local _, body = get("/verbs?url=" .. server.url .. "/echo")
    for _, method in ipairs { "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" } do
      assert.truthy(body:find('"method":"' .. method .. '"', 1, true), body)
    end
    assert.truthy(body:find('"body":"body of put"', 1, true), body)
    assert.truthy(body:find('"x":"t"', 1, true), body)
    assert.truthy(body:find('"agent":"perilune/', 1, true), body)
  end)

  it("tells what went wrong instead of raising", function()
    local port = support.free_port()
    local status, body = get("/get?url=http://127.0.0.1:" .. port .. "/")
    assert.equal(200, status)
    assert.truthy(body:find('"code":1212', 1, true), body)
    _, body = get("/get?url=nonsense")
    assert.truthy(body:find('"code":1020', 1, true), body)
    _, body = get("/timeout?url=" .. server.url .. "/slow?s=5")
    assert.truthy(body:find('"code":1050', 1, true), body)
  end)

  it("raises for wrong arguments, and where it cannot wait", function()
    assert.equal(500, (get "/bad"))
    wait_for_log "params.nonsense: unknown"
    local _, body = get("/coroutine?url=" .. server.url .. "/hello")
    assert.truthy(body:find("http.get has to wait, which is not possible in a coroutine", 1, true), body)
  end)

  it("works in a stream", function()
    local _, body = get("/stream?url=" .. server.url .. "/hello")
    assert.equal("hellohellohello", body)
  end)

  it("waits for many servers at once", function()
    local clients = {}
    state.wait_for_requests(server, 0)
    for i = 1, 50 do
      clients[i] = raw_http.begin(server.port, "/get?url=" .. server.url .. "/gated")
    end
    -- Each of these sends an inner request.
    state.wait_for_requests(server, 100)
    get "/open"
    for i = 1, 50 do
      assert.truthy(clients[i]:finish():find('"body":"gated"', 1, true))
    end
  end)

  it("is given up when its client leaves", function()
    state.wait_for_requests(server, 0)
    local before = state.count_answers(server, 499)
    local client = raw_http.begin(server.port, "/get?url=" .. server.url .. "/slow?s=60")
    state.wait_for_requests(server, 2)
    client:close()
    -- The request of the client that left, and the one that its handler gave up.
    support.wait_until(function() return state.count_answers(server, 499) >= before + 2 end,
      "both to be counted as 499")
  end)
end)

describe("a handler that does not rest", function()
  -- The only worker must serve /stop while the handler goes on.
  for how, what in pairs {
    no_sleep = "sleeps for no time",
    short_sleep = "computes for longer than it sleeps",
    spawn = "spawns what spawns",
    every = "has timers that take long",
  } do
    it(what .. " and lets others run", function()
      local client = state.begin(server, "/restless/" .. how)
      assert.equal("stopped", select(2, get "/stop"))
      assert.equal("true", client:finish())
    end)
  end
end)

describe("a timer", function()
  it("set while the script is loaded runs", function()
    support.wait_until(function()
      local _, body = get "/ticks"
      local ticks = tonumber(body:match '"ticks":(%d+)')
      return ticks > 5 and body:find('"tock":"tock"', 1, true)
    end, "ticks")
  end)

  it("can be cancelled", function()
    get "/cancel"
    local _, first = get "/ticks"
    socket.sleep(0.1) -- in which it would tick five times
    local _, second = get "/ticks"
    assert.equal(first:match '"ticks":%d+', second:match '"ticks":%d+')
  end)

  it("does not call a function that still waits", function()
    assert.equal("1", select(2, get "/overlap"))
  end)

  it("logs the error of its function", function()
    assert.equal(200, (get "/fails-later"))
    wait_for_log "failed later"
  end)

  it("says what is wrong with its arguments", function()
    for what, message in pairs {
      interval = "must be from 0.001 to 1e6 seconds",
      seconds = "must be from 0.0 to 1e6 seconds",
      nan = "bad argument #1 to 'sleep'",
      callee = "function expected, got string",
    } do
      assert.equal(500, (get("/bad-timer/" .. what)))
      wait_for_log(message)
    end
  end)
end)

describe("what was spawned", function()
  it("runs after the answer", function()
    local _, body = get "/spawn"
    assert.equal("answered", body)
    wait_for_log "spawned_work"
  end)

  it("is finished when the scripts are replaced, or the server stops", function()
    local other = support.new_folder()
    support.write_file(other .. "/routes.lua", ROUTES)
    local stopping = support.serve { "--workers", "1", other }
    support.request(stopping.url .. "/spawn")
    support.write_file(other .. "/routes.lua", "-- new\n" .. ROUTES)
    state.wait_for_log(stopping, "event=spawned_work")
    state.wait_for_log(stopping, "event=reloaded")
    support.request(stopping.url .. "/spawn")
    stopping:signal "TERM"
    assert.equal(0, stopping:wait())
    assert.equal(2, state.count_in_log(stopping, "event=spawned_work"))
    stopping:stop()
    support.remove_folder(other)
  end)
end)

it("what needs a server says so elsewhere", function()
  local script = folder .. "/alone.lua"
  for call, message in pairs {
    ["require('scheduler').sleep(1)"] = "sleep has to wait, which is only possible in a handler of the server",
    ["require('scheduler').spawn(print)"] = "scheduler.spawn is for scripts of the server",
  } do
    support.write_file(script, call)
    local code, _, err = support.command("run " .. script)
    assert.equal(1, code)
    assert.truthy(err:find(message, 1, true), err)
  end
end)
