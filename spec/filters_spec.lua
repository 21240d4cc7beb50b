-- filters_spec.lua: profiles that keep some samples only: by label, by worker,
-- or those of slow requests.
-- Needs: go
local go_pprof = require "go_pprof"
local raw_http = require "raw_http"
local sampling = require "sampling"
local server_state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local clock = require "clock"
local profile = require "profile"
local scheduler = require "scheduler"
local sync = require "sync"
local lock, release = sync.mutex "filtered", sync.channel "release"
local kept, worker = {}, tostring {}

local function burn(seconds)
  local start = clock.thread()
  while clock.thread() - start < seconds do end
end

-- Computes and sleeps in turns, for so many milliseconds each. Returns the seconds
-- that this took.
local function work(req)
  local start = clock.mono()
  profile.labels { size = req.query.size or "none" }
  for _ = 1, 4 do
    burn(tonumber(req.query.cpu or "0") / 4000)
    scheduler.sleep(tonumber(req.query.sleep or "0") / 4000)
  end
  return tostring(clock.mono() - start)
end

local function keep() kept[#kept + 1] = ("x"):rep(1 << 20) return "kept" end
local function hold() lock:with(release.receive, release) return "held" end

return {
  ["GET /fast"] = work, ["GET /slow"] = work,
  ["GET /keep/a"] = keep, ["GET /keep/b"] = keep,
  ["GET /hold/a"] = hold, ["GET /hold/b"] = hold,
  ["GET /release"] = function() release:send(true) return "released" end,
  ["GET /worker"] = function() return worker end,
}
]==]

local folder, server

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "2", "--heap-rate", "4096", folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Starts a request. Returns a function that waits for its end and gives the
-- body.
local function start(path)
  local client = raw_http.begin(server.port, path)
  return function() return client:finish() end
end

local function request(path) return start(path)() end

--- Takes a cumulative profile. Returns the sums of a sample type by a label.
local function sums_of(query, type, key)
  return sampling.take(server, query, folder):by_label(type, key)
end

local function names(sums)
  local list = {}
  for name in pairs(sums) do list[#list + 1] = name end
  table.sort(list)
  return list
end

--- Takes profiles that hold all of run(). Returns, for each profile, the sums of a
-- sample type by a label, and after them the results of run().
local function sums_around(run, queries, type, key)
  local results = table.pack(sampling.around(server, queries, folder, run))
  local sums = {}
  for i, profile in ipairs(results[1]) do sums[i] = profile:by_label(type, key) end
  return sums, table.unpack(results, 2, results.n)
end

describe("label=", function()
  it("keeps what has it, in a CPU profile", function()
    local sums = sums_around(function()
      local a, b = start "/fast?cpu=200&size=s", start "/slow?cpu=200&size=l"
      a() b()
    end, { "profile?seconds=SECONDS", "profile?seconds=SECONDS&label=route:/fast",
      "profile?seconds=SECONDS&label=route:/fast&label=route:/slow",
      "profile?seconds=SECONDS&label=size:s&label=route:%2Ffast",
      "profile?seconds=SECONDS&label=size:s&label=route:/slow" }, "cpu", "route")
    local all, fast, both, small, none = table.unpack(sums)
    assert.same({ "/fast" }, names(fast))
    assert.equal(all["/fast"], fast["/fast"])
    assert.same({ "/fast", "/slow" }, names(both))
    assert.equal(all["/slow"], both["/slow"])
    assert.equal(all["/fast"], small["/fast"])
    assert.same({}, names(none))
  end)

  it("keeps what has it, in the cumulative kinds", function()
    request "/keep/a" request "/keep/b"
    -- On each route one request waits for the lock, and one holds it meanwhile.
    local finish = { start "/hold/a" }
    for i, route in ipairs { "/hold/b", "/hold/a" } do
      server_state.wait_for_waits(server, { wait = "channel release" })
      finish[i + 1] = start(route)
      server_state.wait_for_waits(server, { wait = "mutex filtered", route = route })
      request "/release"
    end
    request "/release"
    for _, f in ipairs(finish) do f() end
    for kind, route in pairs { heap = "/keep/a", allocs = "/keep/b" } do
      local sums = sums_of(kind .. "?label=route:" .. route, "inuse_space", "route")
      assert.same({ route }, names(sums))
      assert.is_true(sums[route] >= 1 << 20)
    end
    assert.same({ "/hold/b" }, names(sums_of("block?label=route:/hold/b", "delay", "route")))
    assert.same({ "/hold/a" }, names(sums_of("mutex?label=route:/hold/a", "delay", "route")))
  end)

  it("keeps what has it, of goroutines", function()
    local client = raw_http.begin(server.port, "/slow?sleep=600000")
    server_state.wait_for_waits(server, { wait = "sleep" })
    assert.same({ ["/slow"] = 1 },
      sums_of("goroutine?label=route:/slow", "goroutine", "route"))
    assert.same({ waiting = 1 },
      sums_of("goroutine?label=wait:sleep", "goroutine", "coroutine"))
    client:close()
    server_state.wait_for_waits(server, { wait = "sleep" }, 0)
  end)

  it("is told in the profile's comments", function()
    local file = folder .. "/filtered.pb.gz"
    support.write_file(file, request "/debug/pprof/heap?label=route:/x")
    local comments = go_pprof.read("-comments " .. file, folder)
    assert.truthy(comments:find("only samples with the label route:/x", 1, true),
      comments)
  end)
end)

it("worker=N keeps that worker's", function()
  local workers = raw_http.connect_to_each(server.port, "/worker", 2)
  local sums = sums_around(function()
    for _, client in ipairs(workers) do client:request "/fast?cpu=100" end
    for _, client in ipairs(workers) do assert.equal(200, client:read_reply().status) end
  end, { "profile?seconds=SECONDS&worker=1", "profile?seconds=SECONDS&worker=2" },
    "cpu", "worker")
  for _, client in ipairs(workers) do client:close() end
  assert.same({ "1" }, names(sums[1]))
  assert.same({ "2" }, names(sums[2]))
end)

describe("slower_than=", function()
  --- Sends slow requests to both routes, and quick ones until at least one of them
  -- was quick. Each request has its own value of `size`. Returns, by size, whether
  -- the request took longer than 0.5 s, or nil if that is not certain: a busy machine
  -- makes any request slow. The server measures at least the time that the handler
  -- measures, and at most the time that the client measures. Also returns the number
  -- of requests.
  local function run_requests(slow_query, quick_query)
    local is_slow, n = {}, 2
    local slow = {
      start("/slow?size=a&" .. slow_query),
      start("/fast?size=b&" .. slow_query),
    }
    for i = 1, 50 do
      local began = socket.gettime()
      n = n + 1
      local least = tonumber(request(("/fast?size=%d&%s"):format(i, quick_query)))
      if socket.gettime() - began < 0.5 then is_slow[tostring(i)] = false end
      if least >= 0.5 then is_slow[tostring(i)] = true end
      if i >= 5 and is_slow[tostring(i)] == false then break end
    end
    for i, size in ipairs { "a", "b" } do
      assert.is_true(tonumber(slow[i]()) >= 0.5)
      is_slow[size] = true
    end
    return is_slow, n
  end

  --- Checks that a profile of slow requests has the same sums for slow requests as
  -- the profile of all requests, and nothing of quick ones.
  local function check(is_slow, all, slow)
    local n = { [true] = 0, [false] = 0 }
    for size, expected in pairs(is_slow) do
      n[expected] = n[expected] + 1
      assert.equal(expected and all[size] or nil, slow[size], size)
    end
    assert.is_true(n[true] >= 2 and n[false] >= 1)
    assert.is_true(all.a > 0 and all.b > 0)
  end

  it("keeps the CPU time of slow requests, all of it, on any route", function()
    local sums, is_slow = sums_around(function() return run_requests("cpu=100&sleep=600", "cpu=20") end,
      { "profile?seconds=SECONDS&rate=1000",
        "profile?seconds=SECONDS&rate=1000&slower_than=500ms",
        "profile?seconds=SECONDS&slower_than=60s" }, "cpu", "size")
    check(is_slow, sums[1], sums[2])
    assert.same({}, names(sums[3]))
  end)

  it("keeps the waits of slow requests", function()
    local sums, is_slow = sums_around(function() return run_requests("sleep=600", "sleep=20") end,
      { "wall?seconds=SECONDS", "wall?seconds=SECONDS&slower_than=500ms" }, "wall", "size")
    check(is_slow, sums[1], sums[2])
    -- Each of four sleeps is longer than the period, and therefore exact. A busy
    -- machine ends a sleep late, never early.
    assert.is_true(sums[2].a >= 600e6, sums[2].a)
  end)

  it("counts a request that still runs by what it took so far", function()
    local client = raw_http.begin(server.port, "/slow?sleep=600000")
    server_state.wait_for_waits(server, { wait = "sleep" })
    local profiles = sampling.around(server, { "wall?seconds=SECONDS&slower_than=1s",
      "wall?seconds=SECONDS&slower_than=600s" }, folder, function() end)
    client:close()
    server_state.wait_for_waits(server, { wait = "sleep" }, 0)
    local long = profiles[1]:by_label("wall", "route")
    assert.same({ "/slow" }, names(long))
    assert.same({}, names(profiles[2]:by_label("wall", "route")))
    -- Only the time of the profile counts.
    assert.is_true(long["/slow"] >= 0.999e9 and long["/slow"] <= profiles[1].duration * 1e9,
      long["/slow"])
  end)

  it("says how many requests that were", function()
    local profiles, is_slow, n_requests = sampling.around(server,
      { "profile?seconds=SECONDS&rate=1000&slower_than=500ms" }, folder,
      function() return run_requests("cpu=100&sleep=600", "cpu=20") end)
    local comments = go_pprof.read("-comments " .. profiles[1]:arguments(), folder)
    local slow, seen = comments:match "slow requests only: (%d+) of the (%d+) that samples saw"
    slow, seen = tonumber(slow), tonumber(seen)
    local n_quick = 0
    for _, expected in pairs(is_slow) do n_quick = n_quick + (expected and 0 or 1) end
    -- The two that are slow on purpose take 100 ms of CPU time, so samples saw them.
    -- A quick one may have no sample.
    assert.is_true(slow >= 2 and slow <= n_requests - n_quick and slow <= seen and
      seen <= n_requests, comments)
  end)
end)

describe("a wrong filter", function()
  for query, message in pairs {
    ["profile?label=route"] = "invalid value for \"label\" - must be key:value, got 'route'",
    ["heap?label=:x"] = "invalid value for \"label\" - must be key:value, got ':x'",
    ["heap?label="] = "invalid value for \"label\" - must be key:value, got ''",
    ["heap?label=a:" .. ("x"):rep(600)] = "invalid value for \"label\" - longer than 511 bytes",
    ["heap?label=a:" .. ("x"):rep(300) .. "&label=b:" .. ("x"):rep(300)] =
      "invalid value for \"label\" - too long: all of them may take 512 bytes",
    ["goroutine?worker=x"] = "invalid value for \"worker\" - must be a worker's number, 1 to 2",
    ["heap?worker=3"] = "invalid value for \"worker\" - must be a worker's number, 1 to 2",
    ["wall?slower_than=fast"] =
      "invalid value for \"slower_than\" - must be a duration above 0 such as 50ms or 1.5s",
    ["profile?slower_than=0s"] =
      "invalid value for \"slower_than\" - must be a duration above 0 such as 50ms or 1.5s",
    ["heap?slower_than=1s"] =
      "\"slower_than\" is for profile and wall",
  } do
    it("is refused: " .. query:sub(1, 40), function()
      local status, body, headers =
        support.request(server.url .. "/debug/pprof/" .. query)
      assert.equal(400, status)
      assert.equal(message .. "\n", body)
      assert.equal("1", headers["x-go-pprof"])
    end)
  end
end)
