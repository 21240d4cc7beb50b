-- contention_spec.lua: the profiles block and mutex against known waits.
--
-- The handlers measure their own waits. Their measurements and the profiles'
-- are nested: a handler reads the clock outside of what the profile times, or
-- inside of it. So each number of a profile lies between two numbers of the
-- same run, however busy the machine is; on an idle one they are close.
-- Needs: time
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local clock = require "clock"
local scheduler = require "scheduler"
local sync = require "sync"
local mutex = sync.mutex "orders"
local gate = sync.channel "gate"
local jobs = sync.channel "jobs"
local permits = sync.semaphore("permits", 1)

local function measure(f, ...)
  local start = clock.mono()
  f(...)
  return clock.mono() - start
end

local function hold_until_released()
  mutex:lock()
  gate:receive()
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
  ["GET /hold"] = function() hold_until_released() return "" end,
  ["GET /release"] = function() gate:send(true) return "" end,
  ["GET /wait"] = function(req) return wait_and_hold(tonumber(req.query.s)) end,
  ["GET /job"] = function() return { waited = measure(wait_for_job) } end,
  ["GET /send"] = function() jobs:send(1) return "" end,
  ["GET /permit"] = function() return { waited = measure(wait_for_permit) } end,
  ["GET /acquire"] = function()
    permits:with(gate.receive, gate)
    return ""
  end,
}
]==]

-- The test sleeps for so long while it knows that a handler waits: the least
-- duration of that wait.
local KNOWN_SECONDS = 0.3

local folder, server

local function profile(query)
  local status, body = support.request(server.url .. "/debug/pprof/" .. query)
  assert.equal(200, status, body)
  return body
end

local function begin(path) return raw_http.begin(server.port, path) end
local function get(path) return begin(path):finish() end

--- Returns how long the handler of this reply waited and held, in seconds.
local function times_of(client)
  local body = client:finish()
  return tonumber(body:match '"waited":([%d.e-]+)'), tonumber(body:match '"held":([%d.e-]+)')
end

--- Returns the sum of the values of all stacks with this frame.
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

local function contentions(kind, frame)
  return sum(profile(kind .. "?format=folded&sample_index=contentions"), frame)
end

--- The profile's number must lie between two numbers that were measured in this
-- run. The microsecond covers the rounding of their last digits.
local function between(least, actual, most, what)
  print(("%s: %.4f s, within %.4f to %.4f s"):format(what, actual, least, most))
  assert.is_true(actual > least - 1e-6 and actual < most + 1e-6,
    ("%s: %.6f s, not within %.6f to %.6f s"):format(what, actual, least, most))
end

--- Begins a request that holds the mutex until get "/release".
local function hold()
  local client = begin "/hold"
  state.wait_for_tasks(server, "routes.hold_until_released;sync.channel:receive")
  return client
end

--- Begins a request that waits for the mutex, as one of `n`.
local function wait_for_mutex(n, held_seconds)
  local client = begin("/wait?s=" .. held_seconds)
  state.wait_for_tasks(server, "routes.wait_for_lock;sync.mutex:lock", n)
  return client
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

it("a mutex's delay is on those who waited, and on those who held it", function()
  local holder = hold()
  local first = wait_for_mutex(1, 0.3)
  local second = wait_for_mutex(2, 0)
  socket.sleep(KNOWN_SECONDS)
  get "/release"
  holder:finish()
  local first_s, first_held_s = times_of(first)
  local second_s = times_of(second)
  -- The holder delayed both. From the first waiter's turn on, the second one
  -- waited for the first.
  local by_holder = seconds("mutex", "routes.hold_until_released")
  local by_first = seconds("mutex", "routes.wait_and_hold")
  between(2 * KNOWN_SECONDS, by_holder, first_s + second_s - first_held_s, "mutex, the first holder")
  between(first_held_s, by_first, first_s + second_s - by_holder, "mutex, the second holder")
  between(by_holder + by_first, seconds("block", "routes.wait_for_lock"), first_s + second_s,
    "block, the waiters")
  assert.equal(2, contentions("block", "routes.wait_for_lock"))
  assert.equal(1, contentions("mutex", "routes.hold_until_released"))
end)

it("a wait that is given up counts too", function()
  local holder = hold()
  local began = socket.gettime()
  local client = wait_for_mutex(1, 0)
  socket.sleep(KNOWN_SECONDS)
  client:close()
  state.wait_for_tasks(server, "routes.wait_for_lock;sync.mutex:lock", 0)
  local most = socket.gettime() - began
  get "/release"
  holder:finish()
  local delay = seconds("mutex", "routes.hold_until_released")
  between(KNOWN_SECONDS, delay, most, "mutex, the holder")
  between(KNOWN_SECONDS, seconds("block", "routes.wait_for_lock"), most, "block, the waiter")
end)

it("waits for messages and permits block", function()
  local job = begin "/job"
  local holder = begin "/acquire"
  state.wait_for_tasks(server, "routes.wait_for_job;sync.channel:receive")
  state.wait_for_tasks(server, "sync.semaphore:with;sync.channel:receive")
  local permit = begin "/permit"
  state.wait_for_tasks(server, "routes.wait_for_permit;sync.semaphore:acquire")
  socket.sleep(KNOWN_SECONDS)
  get "/send"
  get "/release"
  local job_s, permit_s = times_of(job), times_of(permit)
  holder:finish()
  between(KNOWN_SECONDS, seconds("block", "routes.wait_for_job"), job_s, "block, the message")
  between(KNOWN_SECONDS, seconds("block", "routes.wait_for_permit"), permit_s, "block, the permit")
  assert.is_nil(profile("mutex?format=folded"):find("routes.", 1, true))
end)

describe("rates", function()
  it("are finer for a request that says so, while it runs", function()
    server:stop()
    server = support.serve { "--workers", "2", "--block-rate", "0", "--mutex-fraction", "0", folder }
    local function contend()
      local holder = hold()
      local waiter = wait_for_mutex(1, 0)
      get "/release"
      holder:finish()
      waiter:finish()
    end
    contend()
    assert.equal("", profile "block?format=folded&sample_index=contentions")
    assert.equal("", profile "mutex?format=folded&sample_index=contentions")
    -- Returns a profile during which there is one contention. On a busy machine the
    -- contention may take longer than a short profile.
    local n_counted = 0
    local function during(query)
      for _, profile_seconds in ipairs { 1, 4, 16 } do
        local client = begin(("/debug/pprof/%s&seconds=%d&format=folded&sample_index=contentions")
          :format(query, profile_seconds))
        get "/healthz" -- the same thread answers it, after it has begun the profile
        contend()
        local is_within = client:is_silent()
        local folded = client:finish()
        if query:find "block" then n_counted = n_counted + sum(folded, "routes.wait_for_lock") end
        if is_within then return folded end
      end
      error "one contention took more than 16 s"
    end
    assert.truthy(during "block?rate=1":find "wait_for_lock[^\n]* 1\n")
    assert.truthy(during "mutex?fraction=1":find "hold_until_released[^\n]* 1\n")
    contend()
    assert.equal(n_counted, contentions("block", "routes.wait_for_lock"))
  end)

  it("that are wrong are refused", function()
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
  end)
end)
