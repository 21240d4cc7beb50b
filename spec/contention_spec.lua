-- contention_spec.lua: the profiles block and mutex against known waits. The
-- handlers measure their waits themselves; what the clock adds to a reading is
-- far below the tolerance of 5 %.
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local clock = require "clock"
local scheduler = require "scheduler"
local sync = require "sync"
local mutex = sync.mutex "orders"
local jobs = sync.channel "jobs"
local permits = sync.semaphore("permits", 1)

local function measure(f, ...)
  local start = clock.mono()
  f(...)
  return clock.mono() - start
end

local function hold_long(seconds)
  mutex:lock()
  scheduler.sleep(seconds)
  mutex:unlock()
end

local function wait_for_lock() mutex:lock() end

local function wait_and_hold(seconds)
  local waited = measure(wait_for_lock)
  local held = measure(scheduler.sleep, seconds)
  mutex:unlock()
  return { waited = waited, held = held }
end

local function wait_for_job() jobs:receive() end
local function wait_for_permit() permits:acquire() permits:release() end

return {
  ["GET /hold"] = function(req) hold_long(tonumber(req.query.s)) return "" end,
  ["GET /wait"] = function(req) return wait_and_hold(tonumber(req.query.s)) end,
  ["GET /job"] = function() return { waited = measure(wait_for_job) } end,
  ["GET /send"] = function() jobs:send(1) return "" end,
  ["GET /permit"] = function() return { waited = measure(wait_for_permit) } end,
  ["GET /acquire"] = function(req)
    permits:with(scheduler.sleep, tonumber(req.query.s))
    return ""
  end,
}
]==]

local folder, server

local function profile(query)
  local status, body = support.request(server.url .. "/debug/pprof/" .. query)
  assert.equal(200, status, body)
  return body
end

--- Send a request; returns a function that waits for the answer's numbers, for
--- how long it waited and held, and its socket.
local function start(path)
  local client = assert(socket.connect("127.0.0.1", server.port))
  client:settimeout(30)
  client:send("GET " .. path .. " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
  return function()
    local reply = assert(client:receive "*a")
    client:close()
    assert.truthy(reply:find("HTTP/1.1 200", 1, true), reply)
    return tonumber(reply:match '"waited":([%d.e-]+)'), tonumber(reply:match '"held":([%d.e-]+)')
  end, client
end

--- Sum of the values of all stacks with this frame.
local function sum(folded, frame)
  local total = 0
  for stack, value in folded:gmatch "([^\n]+) (%d+)\n" do
    if (";" .. stack .. ";"):find(";" .. frame .. ";", 1, true) then
      total = total + tonumber(value)
    end
  end
  return total
end

local function seconds(kind, frame)
  return sum(profile(kind .. "?format=folded"), frame) / 1e9
end

local function near(expected, actual, tolerance, what)
  local difference = (actual / expected - 1) * 100
  assert.is_true(math.abs(difference) <= tolerance * 100,
    ("%.4f s, expected %.4f s"):format(actual, expected))
  if what then print(("%s: %.4f s, %+.2f %%"):format(what, expected, difference)) end
end

before_each(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "2", folder }
end)

after_each(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

it("a mutex's delay is on those who waited, and on those who held it", support.timed(function()
  local held = start "/hold?s=0.6"
  socket.sleep(0.1)
  local first = start "/wait?s=0.3"
  socket.sleep(0.1)
  local second = start "/wait?s=0"
  held()
  local first_s, first_held_s = first()
  local second_s = second()
  local waited = first_s + second_s
  near(waited, seconds("block", "routes.wait_for_lock"), 0.05, "block, the waiters")
  -- The second waited for both; from the first's turn on, for the first.
  local by_first = seconds("mutex", "routes.wait_and_hold")
  near(first_held_s, by_first, 0.05, "mutex, the second holder")
  near(waited - by_first, seconds("mutex", "routes.hold_long"), 0.05, "mutex, the first holder")
  assert.equal(2, sum(profile "block?format=folded&sample_index=contentions", "routes.wait_for_lock"))
  assert.equal(1, sum(profile "mutex?format=folded&sample_index=contentions", "routes.hold_long"))
end))

it("a wait that is given up counts too", support.timed(function()
  local held = start "/hold?s=0.6"
  socket.sleep(0.1)
  local _, client = start "/wait?s=0"
  socket.sleep(0.3)
  client:close()
  held()
  local waited = seconds("mutex", "routes.hold_long")
  -- 0.3 s; less where a busy machine began it late, and at most until the unlock.
  assert.is_true(waited > 0 and waited < 0.6, waited .. " s")
  near(waited, seconds("block", "routes.wait_for_lock"), 0.05)
end))

it("waits for messages and permits block", support.timed(function()
  local job = start "/job"
  local holds = start "/acquire?s=0.4"
  socket.sleep(0.1)
  local permit = start "/permit"
  socket.sleep(0.2)
  start "/send"()
  near(job(), seconds("block", "routes.wait_for_job"), 0.05)
  near(permit(), seconds("block", "routes.wait_for_permit"), 0.05)
  holds()
  assert.is_nil(profile("mutex?format=folded"):find("routes.", 1, true))
end))

describe("rates", function()
  it("are finer for a request that says so, while it runs", support.timed(function()
    server:stop()
    server = support.serve { "--workers", "2", "--block-rate", "0", "--mutex-fraction", "0", folder }
    local function contend()
      local held = start "/hold?s=0.2"
      socket.sleep(0.05)
      local waits = start "/wait?s=0"
      held()
      waits()
    end
    contend()
    assert.equal("", profile "block?format=folded&sample_index=contentions")
    assert.equal("", profile "mutex?format=folded&sample_index=contentions")
    local function during(query)
      local client = assert(socket.connect("127.0.0.1", server.port))
      client:send("GET /debug/pprof/" .. query .. " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      socket.sleep(0.1)
      contend()
      client:settimeout(10)
      local reply = client:receive "*a"
      client:close()
      return reply:match "\r\n\r\n(.*)"
    end
    assert.truthy(during("block?seconds=1&rate=1&format=folded&sample_index=contentions"):find "wait_for_lock[^\n]* 1\n")
    assert.truthy(during("mutex?seconds=1&fraction=1&format=folded&sample_index=contentions"):find "hold_long[^\n]* 1\n")
    contend()
    assert.equal(1, sum(profile "block?format=folded&sample_index=contentions", "routes.wait_for_lock"))
  end))

  it("that are wrong are refused", support.timed(function()
    for query, message in pairs {
      ["block?rate=5"] = '"rate" needs "seconds"',
      ["mutex?fraction=5"] = '"fraction" needs "seconds"',
      ["block?seconds=1&rate=0"] = 'invalid value for "rate" - must be a positive integer',
      ["mutex?seconds=1&fraction=x"] = 'invalid value for "fraction" - must be a positive integer',
    } do
      local status, body = support.request(server.url .. "/debug/pprof/" .. query)
      assert.equal(400, status)
      assert.equal(1, (body:find(message, 1, true)), body)
    end
  end))
end)
