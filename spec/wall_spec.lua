-- wall_spec.lua: the wall profile has the time of all threads and of all tasks
-- that wait, each under the stack that it has meanwhile.
-- Needs: go
local go_pprof = require "go_pprof"
local raw_http = require "raw_http"
local sampling = require "sampling"
local server_state = require "server_state"
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

--- Calls f and returns the seconds that the call takes.
local function measure(f, ...)
  local start = clock.mono()
  f(...)
  return clock.mono() - start
end

return {
  -- Computes for 20 % of the time, sleeps for 80 %, and returns both in seconds.
  ["GET /mixed"] = function(req)
    local computed, slept = 0, 0
    for _ = 1, tonumber(req.query.n) do
      computed = computed + measure(compute, 0.002)
      slept = slept + measure(wait_a_while, 0.008)
    end
    return { computed = computed, slept = slept }
  end,
  ["GET /sleep"] = function(req)
    return { slept = measure(wait_a_while, tonumber(req.query.s)) }
  end,
  -- Holds the lock until it is told to let go, and a little longer.
  ["GET /hold"] = function()
    local slept
    mutex:lock()
    slept = measure(function() sync.channel "release":receive() end)
    wait_a_while(0.2)
    mutex:unlock()
    return { slept = slept }
  end,
  ["GET /lock"] = function()
    local waited = measure(mutex.lock, mutex)
    mutex:unlock()
    return { waited = waited }
  end,
  ["GET /release"] = function() sync.channel "release":send(true) return "released" end,
  ["GET /peer"] = function(req)
    local status
    local waited = measure(function() status = wait_for_peer(req.query.url) end)
    return { waited = waited, status = status }
  end,
  -- Waits in a C function, which blocks the worker's thread.
  ["GET /blocked"] = function()
    return { waited = measure(os.execute, "sleep 0.5") }
  end,
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

--- Returns the seconds of the samples that match (sampling.lua).
local function seconds(profile, matches) return profile:sum("wall", matches) / 1e9 end

--- Returns a number of a reply in JSON.
local function number(body, name) return tonumber(body:match('"' .. name .. '":([%d.e+-]+)')) end

local function assert_near(expected, actual, tolerance)
  assert.is_true(math.abs(actual - expected) <= tolerance,
    ("%.4f, expected %.4f"):format(actual, expected))
end

--- Starts n requests whose handlers sleep until the connection is closed, and
-- waits until they do.
local function start_sleepers(n)
  local clients = {}
  for i = 1, n do clients[i] = raw_http.begin(server.port, "/sleep?s=600") end
  server_state.wait_for_waits(server, { wait = "sleep" }, n)
  return function()
    for _, client in ipairs(clients) do client:close() end
    server_state.wait_for_waits(server, { wait = "sleep" }, 0)
  end
end

it("parts a handler's time into what it computes and what it sleeps", function()
  local profiles, times = sampling.around(server, { "wall?seconds=SECONDS&rate=1000" }, folder,
    function() return start "/mixed?n=200" () end, 3)
  local profile = profiles[1]
  local computed, slept = number(times, "computed"), number(times, "slept")
  local share = computed / (computed + slept)
  local on = seconds(profile, "routes.compute")
  local off = seconds(profile, "routes.wait_a_while")
  print(("computes %.1f %% of its time, in the profile %.1f %%"):format(
    share * 100, on / (on + off) * 100))
  -- A sleep is longer than a period, and therefore exact. A stretch of 2 ms on the
  -- CPU counts as a whole number of periods of 1 ms: its standard error is at most
  -- half a period, a quarter of the stretch. The standard error of the share is
  -- then, with 200 stretches, 0.2 * 0.8 * 0.25 / sqrt(200), or 0.3 points; the
  -- tolerance is 3 points.
  assert_near(share, on / (on + off), 0.03)
  assert_near(slept + computed, on + off, 0.05 * (slept + computed))
  assert.is_true(seconds(profile,
    "routes.wait_a_while;scheduler.sleep;(waiting: sleep)") > 0)
end)

it("has waits from before its start and beyond its end, for the time between", function()
  local stop = start_sleepers(20)
  local profile = sampling.take(server, "wall?seconds=1", folder)
  stop()
  local slept = seconds(profile, "routes.wait_a_while")
  -- Each wait lasts as long as the profile: 1 s, and the delay of a busy machine.
  assert.is_true(slept >= 20 * 0.999 and slept <= 20 * profile.duration, slept)
end)

it("has each of several profiles whole", function()
  local stop = start_sleepers(1)
  local first = raw_http.begin(server.port, "/debug/pprof/wall?seconds=2")
  server_state.wait_for_profiles(server, 1)
  local second = sampling.save((select(2, support.request(server.url .. "/debug/fgprof?seconds=1"))),
    folder)
  first = sampling.save(first:finish(), folder)
  stop()
  for length, profile in ipairs { second, first } do
    local slept = seconds(profile, "routes.wait_a_while")
    assert.is_true(slept >= length * 0.999 and slept <= profile.duration, slept)
  end
end)

it("names what is waited for", function()
  local profiles, held, waited, peer = sampling.around(server, { "wall?seconds=SECONDS" }, folder,
    function()
      local hold = start "/hold"
      server_state.wait_for_waits(server, { wait = "channel release" })
      local waits = start "/lock"
      server_state.wait_for_waits(server, { wait = "mutex orders" })
      start "/release" ()
      local peer = start("/peer?url=" .. (server.url .. "/sleep?s=0.3"):gsub("[:/?=]",
        function(c) return ("%%%02X"):format(c:byte()) end))
      return hold(), waits(), peer()
    end)
  assert.equal(200, number(peer, "status"))
  local function check(reason, expected)
    -- The handlers measure their waits and the time until they have a CPU again.
    assert_near(expected, seconds(profiles[1], "(waiting: " .. reason .. ")"), 0.05 + expected / 10)
  end
  check("mutex orders", number(waited, "waited"))
  check("http", number(peer, "waited"))
  check("channel release", number(held, "slept"))
end)

it("has the wait of a handler whose client leaves", function()
  local profiles, least, most = sampling.around(server, { "wall?seconds=SECONDS" }, folder,
    function()
      local begun = socket.gettime()
      local stop = start_sleepers(1)
      local seen = socket.gettime()
      socket.sleep(0.3) -- the wait whose length is compared
      local least = socket.gettime() - seen
      stop()
      return least, socket.gettime() - begun
    end)
  local slept = seconds(profiles[1], "routes.wait_a_while")
  assert.is_true(slept >= least and slept <= most,
    ("%.3f s, not %.3f to %.3f"):format(slept, least, most))
end)

it("has threads that wait in C", function()
  local profiles, reply = sampling.around(server, { "wall?seconds=SECONDS" }, folder,
    function() return start "/blocked" () end)
  local profile, waited = profiles[1], number(reply, "waited")
  -- At 100 Hz the first and the last period may be missing. A busy machine wakes
  -- the sampling thread late.
  assert_near(waited, seconds(profile, "os.execute"), 0.05 + waited / 10)
  -- At least two workers and the admin thread have samples all the time.
  local all = seconds(profile)
  assert.is_true(all > 3 * 0.9 * profile.duration, all .. " s")
end)

it("is of the shape that scrapers know", function()
  local status, body, headers = support.request(server.url .. "/debug/pprof/wall?seconds=1")
  assert.equal(200, status)
  assert.truthy(headers["content-disposition"] == 'attachment; filename="wall"')
  local file = folder .. "/wall.pb.gz"
  support.write_file(file, body)
  local raw = go_pprof.read("-raw " .. file, folder)
  assert.truthy(raw:find("PeriodType: wall nanoseconds", 1, true), raw)
  assert.truthy(raw:find("samples/count wall/nanoseconds", 1, true), raw)
  status, body = support.request(server.url .. "/debug/pprof/wall?seconds=1&rate=0")
  assert.equal(400, status, body)
end)

it("ends with its client", function()
  local client = raw_http.begin(server.port, "/debug/pprof/wall?seconds=60")
  server_state.wait_for_profiles(server, 1)
  client:close()
  server_state.wait_for_profiles(server, 0)
  start "/sleep?s=0.01" ()
end)
