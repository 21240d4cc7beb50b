-- wall_spec.lua: the profile wall has all time of threads and of tasks that
-- wait, under what they are at.
-- Needs: go timing
local raw_http = require "raw_http"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local clock = require "clock"
local scheduler = require "scheduler"
local sync = require "sync"
local http = require "http"
local mutex = sync.mutex "orders"

local function compute(seconds)
  local start = clock.mono()
  while clock.mono() - start < seconds do end
end
local function wait_a_while(seconds) scheduler.sleep(seconds) end
local function wait_for_peer(url) return http.get(url).status end

return {
  -- 20 % on the CPU, 80 % asleep, as it measures itself.
  ["GET /mixed"] = function(req)
    local computed, slept = 0, 0
    for _ = 1, tonumber(req.query.n) do
      local start = clock.mono()
      compute(0.002)
      local between = clock.mono()
      wait_a_while(0.008)
      computed, slept = computed + between - start, slept + clock.mono() - between
    end
    return { computed = computed, slept = slept }
  end,
  ["GET /sleep"] = function(req) wait_a_while(tonumber(req.query.s)) return "slept" end,
  ["GET /lock"] = function(req) mutex:with(wait_a_while, tonumber(req.query.s)) return "held" end,
  ["GET /peer"] = function(req) return { status = wait_for_peer(req.query.url) } end,
  -- A C function that waits, on the worker's thread.
  ["GET /blocked"] = function() return os.execute "sleep 1" and "waited" end,
}
]==]

local folder, server

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "2", folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Sends a request. Returns a function that waits for the body, and the
-- connection.
local function start(path)
  local client = raw_http.begin(server.port, path)
  return function() return client:finish() end, client
end

--- Seconds of all stacks with this frame.
local function seconds(folded, frame)
  local total = 0
  for stack, value in folded:gmatch "([^\n]+) (%d+)\n" do
    if (";" .. stack .. ";"):find(";" .. frame .. ";", 1, true) then
      total = total + tonumber(value)
    end
  end
  return total / 1e9
end

local function near(expected, actual, tolerance)
  assert.is_true(math.abs(actual - expected) <= tolerance,
    ("%.4f, expected %.4f"):format(actual, expected))
end

it("parts a handler's time into what it computes and what it sleeps", support.timed(function()
  local began = socket.gettime()
  local profile = start "/debug/pprof/wall?seconds=10&rate=500&format=folded"
  socket.sleep(0.1)
  local times = start "/mixed?n=500"()
  local is_whole = socket.gettime() - began < 10 -- not on a busy machine
  local computed, slept = times:match '"computed":([%d.]+)', times:match '"slept":([%d.]+)'
  local share = computed / (computed + slept)
  local folded = profile()
  local on, off = seconds(folded, "routes.compute"), seconds(folded, "routes.wait_a_while")
  -- Some 500 stretches of 2 ms at 500 Hz, and 500 of 8 ms: the standard error
  -- of the share is about half a point. 3 points are wanted.
  near(share, on / (on + off), 0.03)
  print(("computes %.1f %% of its time, in the profile %.1f %%"):format(
    share * 100, on / (on + off) * 100))
  if is_whole then near(slept + computed, on + off, 0.05 * (slept + computed)) end
  assert.truthy(folded:find "routes.wait_a_while;scheduler.sleep;%(waiting: sleep%) %d+\n")
end, 3))

it("has waits from before its start and beyond its end, for the time between", support.timed(function()
  local sleeps = {}
  for i = 1, 20 do sleeps[i] = start "/sleep?s=3" end
  socket.sleep(0.2)
  local folded = start "/debug/pprof/wall?seconds=1&format=folded"()
  near(20, seconds(folded, "routes.wait_a_while"), 0.4)
  for _, wait in ipairs(sleeps) do assert.equal("slept", wait()) end
end, 3))

it("has each of several profiles whole", support.timed(function()
  local sleep = start "/sleep?s=2.5"
  local first = start "/debug/pprof/wall?seconds=2&format=folded"
  socket.sleep(0.5)
  local second = start "/debug/fgprof?seconds=1&format=folded"
  near(1, seconds(second(), "routes.wait_a_while"), 0.05)
  near(2, seconds(first(), "routes.wait_a_while"), 0.05)
  sleep()
end, 3))

it("names what is waited for", support.timed(function()
  local profile = start "/debug/pprof/wall?seconds=2&format=folded"
  socket.sleep(0.1)
  local holds = start "/lock?s=0.5"
  socket.sleep(0.1)
  local waits = start "/lock?s=0"
  local peer = start("/peer?url=" .. (server.url .. "/sleep?s=0.7"):gsub("[:/?=]", function(c)
    return ("%%%02X"):format(c:byte())
  end))
  local _, leaves = start "/sleep?s=60"
  socket.sleep(0.5)
  leaves:close()
  holds() waits()
  assert.equal('{"status":200}', peer())
  local folded = profile()
  near(0.4, seconds(folded, "(waiting: mutex orders)"), 0.05)
  near(0.7, seconds(folded, "(waiting: http)"), 0.1)
  near(0.5 + 0.7 + 0.5, seconds(folded, "(waiting: sleep)"), 0.15)
end, 3))

it("has threads that wait in C", support.timed(function()
  local profile = start "/debug/pprof/wall?seconds=2&format=folded"
  socket.sleep(0.1)
  assert.equal("waited", start "/blocked"())
  local folded = profile()
  near(1, seconds(folded, "os.execute"), 0.1)
  -- Two workers and the admin thread, at least, for two seconds each.
  local all = 0
  for value in folded:gmatch " (%d+)\n" do all = all + tonumber(value) / 1e9 end
  assert.is_true(all > 5.8, all .. " s")
end, 3))

it("is of the shape that scrapers know", support.timed(function()
  local status, body, headers = support.request(server.url .. "/debug/pprof/wall?seconds=1")
  assert.equal(200, status)
  assert.truthy(headers["content-disposition"] == 'attachment; filename="wall"')
  local file = folder .. "/wall.pb.gz"
  support.write_file(file, body)
  local _, raw, err = support.run("go tool pprof -raw " .. file)
  assert.truthy(raw:find("PeriodType: wall nanoseconds", 1, true), raw .. err)
  assert.truthy(raw:find("samples/count wall/nanoseconds", 1, true), raw)
  status, body = support.request(server.url .. "/debug/pprof/wall?seconds=1&rate=0")
  assert.equal(400, status, body)
end, 3))

it("ends with its client", support.timed(function()
  local _, client = start "/debug/pprof/wall?seconds=60"
  socket.sleep(0.1)
  client:close()
  assert.equal("slept", start "/sleep?s=0.01"())
end, 3))
