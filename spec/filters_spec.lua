-- filters_spec.lua: profiles of some samples only: by label, by worker, of slow
-- requests.
-- Needs: go
local raw_http = require "raw_http"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local clock = require "clock"
local profile = require "profile"
local scheduler = require "scheduler"
local sync = require "sync"
local lock = sync.mutex "filtered"
local kept = {}

local function burn(seconds)
  local start = clock.thread()
  while clock.thread() - start < seconds do end
end

-- Milliseconds of CPU time and of sleep, in turns.
local function work(req)
  profile.labels { size = req.query.size or "none" }
  for _ = 1, 4 do
    burn(tonumber(req.query.cpu or "0") / 4000)
    scheduler.sleep(tonumber(req.query.sleep or "0") / 4000)
  end
  return "done"
end

local function keep() kept[#kept + 1] = ("x"):rep(1 << 20) return "kept" end
local function hold() lock:with(scheduler.sleep, 0.05) return "held" end

return {
  ["GET /fast"] = work, ["GET /slow"] = work,
  ["GET /keep/a"] = keep, ["GET /keep/b"] = keep,
  ["GET /hold/a"] = hold, ["GET /hold/b"] = hold,
}
]==]

-- For each value of a label, "" where there is none: the last sample value.
local EXPORTER = [==[
return {
  api = 1, name = "by_label", description = "Sums by the label `key`",
  extension = ".txt", content_type = "text/plain",
  export = function(profile, out, options)
    local sums, names = {}, {}
    for i = 1, (profile:counts()) do
      local _, values, labels = profile:sample(i)
      local name = ""
      for _, label in ipairs(labels) do
        if label.key == options.key then name = label.str end
      end
      if not sums[name] then names[#names + 1] = name end
      sums[name] = (sums[name] or 0) + values[#values]
    end
    for _, name in ipairs(names) do out:write(name, " ", sums[name], "\n") end
  end,
}
]==]

local folder, server

setup(function()
  folder = support.new_folder()
  support.run("mkdir " .. folder .. "/exporters")
  support.write_file(folder .. "/routes.lua", ROUTES)
  support.write_file(folder .. "/exporters/by_label.lua", EXPORTER)
  server = support.serve { "--workers", "2", "--heap-rate", "4096",
    "--exporters", folder .. "/exporters", folder }
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

--- Start a profile whose sums are by the label `key`.
local function start_profile(query, key)
  local finish = start(("/debug/pprof/%s%sformat=by_label&key=%s")
    :format(query, query:find("?", 1, true) and "&" or "?", key))
  return function()
    local sums = {}
    for name, value in finish():gmatch "(%S*) (%-?%d+)\n" do
      sums[name] = tonumber(value)
    end
    return sums
  end
end

local function profile(query, key) return start_profile(query, key)() end

local function names(sums)
  local list = {}
  for name in pairs(sums) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function n_sessions()
  local _, metrics = support.request(server.url .. "/metrics")
  return tonumber(metrics:match "\nperilune_profile_sessions (%d+)")
end

--- What each of the profiles, of a second, says that are taken while `run` runs.
-- On a busy machine `run` may outlast them: then they are tried again, for longer.
local function profiles_of(run, queries, key)
  for _, seconds in ipairs { 1, 2, 4, 8 } do
    local finish, began = {}, socket.gettime()
    for i, query in ipairs(queries) do
      finish[i] = start_profile(query:gsub("seconds=1", "seconds=" .. seconds), key)
    end
    pcall(support.wait_until, function() return n_sessions() == #queries end, "them", 1)
    run()
    local was_in_time = socket.gettime() - began < seconds
    local results = {}
    for i, f in ipairs(finish) do results[i] = f() end
    if was_in_time then return table.unpack(results) end
  end
  error "what a second should hold took more than eight"
end

describe("label=", function()
  it("keeps what has it, in a CPU profile", function()
    local all, fast, both, small, none = profiles_of(function()
      local a, b = start "/fast?cpu=200&size=s", start "/slow?cpu=200&size=l"
      a() b()
    end, { "profile?seconds=1", "profile?seconds=1&label=route:/fast",
      "profile?seconds=1&label=route:/fast&label=route:/slow",
      "profile?seconds=1&label=size:s&label=route:%2Ffast",
      "profile?seconds=1&label=size:s&label=route:/slow" }, "route")
    assert.same({ "/fast" }, names(fast))
    assert.equal(all["/fast"], fast["/fast"])
    assert.same({ "/fast", "/slow" }, names(both))
    assert.equal(all["/slow"], both["/slow"])
    assert.equal(all["/fast"], small["/fast"])
    assert.same({}, names(none))
  end)

  it("keeps what has it, in the cumulative kinds", function()
    request "/keep/a" request "/keep/b"
    local holders = {} -- of each route one that waits, and one that is waited for
    for _ = 1, 3 do
      holders[#holders + 1], holders[#holders + 2] =
        start "/hold/a", start "/hold/b"
    end
    for _, finish in ipairs(holders) do finish() end
    for kind, route in pairs { heap = "/keep/a", allocs = "/keep/b" } do
      local sums = profile(kind .. "?label=route:" .. route, "route")
      assert.same({ route }, names(sums))
      assert.is_true(sums[route] >= 1 << 20)
    end
    local blocked = profile("block?label=route:/hold/b", "route")
    local held = profile("mutex?label=route:/hold/a", "route")
    assert.same({ "/hold/b" }, names(blocked))
    assert.same({ "/hold/a" }, names(held))
  end)

  it("keeps what has it, of goroutines", function()
    local finish = start "/slow?sleep=1000"
    socket.sleep(0.1)
    assert.same({ ["/slow"] = 1 },
      profile("goroutine?label=route:/slow", "route"))
    assert.same({ waiting = 1 },
      profile("goroutine?label=wait:sleep", "coroutine"))
    finish()
  end)

  it("is told in the profile's comments", function()
    local file = folder .. "/filtered.pb.gz"
    support.write_file(file, request "/debug/pprof/heap?label=route:/x")
    local code, comments, err = support.run(
      ("PPROF_TMPDIR=%s go tool pprof -comments %s"):format(folder, file))
    assert.equal(0, code, err)
    assert.truthy(comments:find("only samples with the label route:/x", 1, true),
      comments)
  end)
end)

it("worker=N keeps that worker's", function()
  local one, two = profiles_of(function()
    local running = {}
    for i = 1, 8 do running[i] = start "/fast?cpu=50" end
    for _, finish in ipairs(running) do finish() end
  end, { "profile?seconds=1&worker=1", "profile?seconds=1&worker=2" }, "worker")
  assert.same({ "1" }, names(one))
  assert.same({ "2" }, names(two))
end)

describe("slower_than=", function()
  --- Requests of 20 ms and of 200 ms; one after the other, for on a worker that
  -- another one keeps busy a quick request is slow.
  local function run_both(query)
    request("/slow?size=l&" .. query:format(200, 200))
    for _ = 1, 8 do request("/fast?size=s&" .. query:format(20, 20)) end
  end

  it("keeps the CPU time of slow requests, all of it", support.timed(function()
    local all, slow, slower = profiles_of(function() run_both "cpu=%d" end,
      { "profile?seconds=1&rate=1000", "profile?seconds=1&rate=1000&slower_than=150ms",
        "profile?seconds=1&slower_than=10s" }, "route")
    assert.is_true(all["/fast"] > 50e6)
    assert.same({ "/slow" }, names(slow))
    assert.equal(all["/slow"], slow["/slow"])
    assert.same({}, names(slower))
  end, 3))

  it("tells slow from quick on one route", support.timed(function()
    local sizes = profiles_of(function()
      request "/fast?cpu=20&size=s"
      request "/fast?cpu=20&size=l&sleep=300"
      request "/fast?cpu=20&size=s"
    end, { "profile?seconds=1&rate=1000&slower_than=250ms" }, "size")
    assert.same({ "l" }, names(sizes))
  end, 3))

  it("keeps the waits of slow requests", support.timed(function()
    local slow = profiles_of(function() run_both "sleep=%d" end,
      { "wall?seconds=1&slower_than=150ms" }, "route")
    assert.same({ "/slow" }, names(slow))
    -- Each of four sleeps is longer than the period, and so exact; a loaded
    -- machine may wake late, never early.
    assert.is_true(slow["/slow"] >= 200e6 and slow["/slow"] < 400e6,
      slow["/slow"])
  end, 3))

  it("counts a request that still runs by what it took so far", support.timed(function()
    local finish = start "/slow?sleep=8000"
    socket.sleep(0.6)
    local long, longer = profiles_of(function() end,
      { "wall?seconds=1&slower_than=1s", "wall?seconds=1&slower_than=6s" },
      "route")
    assert.same({ "/slow" }, names(long))
    assert.same({}, names(longer))
    -- The second in which it was watched, and no more.
    assert.is_true(math.abs(long["/slow"] - 1e9) < 0.1e9, long["/slow"])
    finish()
  end, 3))

  it("says how many requests that were", support.timed(function()
    local finish = start "/debug/pprof/profile?seconds=1&slower_than=150ms"
    socket.sleep(0.1)
    run_both "cpu=%d"
    local file = folder .. "/slow.pb.gz"
    support.write_file(file, finish())
    local _, comments = support.run(
      ("PPROF_TMPDIR=%s go tool pprof -comments %s"):format(folder, file))
    local slow, seen = comments:match "slow requests only: (%d+) of the (%d+) that samples saw"
    assert.equal("1", slow, comments)
    assert.is_true(tonumber(seen) > 1)
  end, 3))
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
