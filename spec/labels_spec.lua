-- labels_spec.lua: labels that scripts give to their samples.
-- Needs: go core
local go_pprof = require "go_pprof"
local raw_http = require "raw_http"
local sampling = require "sampling"
local server_state = require "server_state"
local support = require "support"

local ROUTES = [==[
local clock = require "clock"
local profile = require "profile"
local scheduler = require "scheduler"
local sync = require "sync"
local done = sync.channel "done"

local function burn(seconds)
  local start = clock.thread()
  while clock.thread() - start < seconds do end
end

local function in_parts(req)
  burn(0.1)
  profile.labels { tenant = req.query.tenant, level = 3, vip = true }
  burn(0.1)
  local first, second = profile.with({ step = "parse" }, function(a, b)
    burn(0.1)
    scheduler.sleep(0.01) -- other coroutines run meanwhile
    burn(0.1)
    return a, b
  end, 1, 2)
  pcall(profile.with, { step = "fails" }, function() burn(0.1) error "x" end)
  burn(0.1)
  return { first, second }
end

local kept -- a coroutine, or memory
return {
  ["GET /parts"] = in_parts,
  ["GET /plain"] = function() burn(0.1) return "plain" end,
  ["GET /stream"] = function(req)
    profile.labels { tenant = "streamed" }
    return req:stream(function(write) burn(0.1) write "x" end)
  end,
  ["GET /later"] = function()
    profile.labels { tenant = "later" }
    scheduler.spawn(function() burn(0.1) done:send(true) end)
  end,
  ["GET /join"] = function() done:receive() end,
  ["GET /waits"] = function(req)
    profile.labels { tenant = req.query.tenant }
    profile.with({ step = "parse" }, function()
      kept = ("x"):rep(16 << 20)
      scheduler.sleep(600)
    end)
  end,
  ["GET /many"] = function()
    for i = 1, 150 do profile.with({ many = i }, burn, 0.006) end
  end,
  ["GET /keeps"] = function()
    profile.labels { tenant = "keeper" }
    kept = coroutine.create(function() profile.with({ step = "kept" }, coroutine.yield) end)
    coroutine.resume(kept)
  end,
  ["GET /closes"] = function()
    profile.labels { tenant = "closer" }
    coroutine.close(kept)
    burn(0.1)
  end,
  ["GET /bad/{what}"] = function(req)
    local calls = {
      reserved = function() profile.labels { route = "x" } end,
      name = function() profile.labels { "x" } end,
      value = function() profile.labels { x = {} } end,
      long = function() profile.labels { x = ("y"):rep(129) } end,
      callee = function() profile.with({ x = 1 }, 2) end,
    }
    calls[req.params.what]()
  end,
}
]==]

local folder, server

--- Takes a profile that holds all of these requests. Returns the CPU seconds by
-- labels, { ["level=3 tenant=a"] = 0.2, ... }, without method, route and worker.
local function profile_of(paths)
  local profiles = sampling.around(server, { "profile?seconds=SECONDS&rate=1000" }, folder,
    function()
      for _, path in ipairs(paths) do
        assert.is_true(support.request(server.url .. path) < 300)
      end
    end)
  local seconds = {}
  for _, sample in ipairs(profiles[1].samples) do
    local parts = {}
    for key, value in pairs(sample.labels) do
      if key ~= "method" and key ~= "route" and key ~= "worker" then
        parts[#parts + 1] = key .. "=" .. value
      end
    end
    table.sort(parts)
    local labels = table.concat(parts, " ")
    seconds[labels] = (seconds[labels] or 0) + sample.values.cpu / 1e9
  end
  return seconds
end

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "1", folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Compares CPU seconds. All of the time between two samples counts under the
-- labels of the second sample. Each change of labels may so move 4 ms, because the
-- kernel takes 250 samples a second, or 10 ms if it ticks at 100 Hz. No time that is
-- compared here has more than four changes of labels.
local function near(expected, got, what)
  assert.is_true(got and math.abs(got - expected) <= 0.04,
    ("%s: %s s, not %s"):format(what, tostring(got), expected))
end

it("are for the rest of the request, or while a function runs", function()
  local seconds = profile_of { "/parts?tenant=a", "/plain" }
  near(0.2, seconds["level=3 tenant=a vip=true"], "labels")
  near(0.2, seconds["level=3 step=parse tenant=a vip=true"], "with")
  near(0.1, seconds["level=3 step=fails tenant=a vip=true"], "with that fails")
  assert.is_true(seconds[""] > 0.16) -- /plain, and the first part of /parts
end)

it("go on in a stream, and in what was spawned", function()
  local seconds = profile_of { "/stream", "/later", "/join" }
  near(0.1, seconds["tenant=streamed"], "streamed")
  near(0.1, seconds["tenant=later"], "spawned")
end)

it("are not changed by a coroutine of another request", function()
  local seconds = profile_of { "/keeps", "/closes" }
  near(0.1, seconds["tenant=closer"], "closer")
  assert.is_nil(seconds["tenant=keeper"])
end)

it("have no more than 100 values", function()
  local seconds = profile_of { "/many" }
  local n = 0
  for labels in pairs(seconds) do n = n + (labels:find "^many=" and 1 or 0) end
  assert.is_true(n <= 101, n)
  near(0.3, seconds["many=other"], "the 50 beyond")
end)

it("are in the profiles of coroutines and of memory", function()
  local client = raw_http.begin(server.port, "/waits?tenant=waits")
  server_state.wait_for_waits(server, { step = "parse", tenant = "waits", wait = "sleep" })
  client:close()
  -- One byte in 512 KiB is sampled: that none of 16 MiB is has a probability of
  -- e^-32.
  local sums = {}
  for _, sample in ipairs(sampling.take(server, "allocs", folder).samples) do
    local labels = sample.labels
    local key = ("%s %s"):format(labels.tenant, labels.step)
    sums[key] = (sums[key] or 0) + sample.values.alloc_space
  end
  assert.is_true((sums["waits parse"] or 0) >= 16 << 20)
end)

it("say what is wrong with them", function()
  for what, message in pairs {
    reserved = "the label 'route' is set by the program",
    name = "a label's name must be a string, got number",
    value = "label 'x' must be a string, a number or a boolean, got table",
    long = "label 'x' must have at most 128 bytes",
    callee = "function expected, got number",
  } do
    assert.equal(500, (support.request(server.url .. "/bad/" .. what)))
    support.wait_until(function() return server:output():find(message, 1, true) end, message)
  end
end)

it("are there under perilune run", function()
  support.write_file(folder .. "/run.lua", [[
    local profile, clock = require "profile", require "clock"
    profile.labels { phase = "one" }
    local start = clock.thread()
    while clock.thread() - start < 0.2 do end
  ]])
  local code, out, err = support.command(("run --cpu %s/run.pb.gz %s/run.lua"):format(folder, folder))
  assert.equal(0, code, out .. err)
  local profile = sampling.read(folder .. "/run.pb.gz")
  near(0.2, (profile:by_label("cpu", "phase").one or 0) / 1e9, "phase one")
end)

describe("a client's baggage", function()
  local LONG = ("v"):rep(129)

  --- Sends a request with these headers to a server with this option. Returns the
  -- labels of the samples, as go tool pprof prints them.
  local function tags(option, headers)
    local other = support.serve { "--workers", "1", option, folder }
    local profiles = sampling.around(other, { "profile?seconds=SECONDS&rate=1000" }, folder,
      function()
        assert.equal(200, (support.request(other.url .. "/plain", { headers = headers })))
      end)
    assert.equal(0, other:stop())
    return go_pprof.read("-tags " .. profiles[1]:arguments(), folder)
  end

  local BAGGAGE = { baggage =
    "k6.scenario=browse , k6.name = http%3A%2F%2Fx%20y;ttl=1,, =none,broken,route=/evil," ..
    "long=" .. LONG .. ",last=1" }

  it("labels the samples of its request, when it is trusted", function()
    local out = tags("--trust-baggage", BAGGAGE)
    assert.truthy(out:find("k6.scenario: .-: browse\n"), out)
    assert.truthy(out:find("k6.name: .-: http://x y\n"), out)
    assert.truthy(out:find("last: .-: 1\n"), out)
    assert.truthy(out:find("route: .-: /plain\n"), out)
    for _, absent in ipairs { "evil", "broken", "long", "ttl", "none" } do
      assert.is_nil(out:find(absent, 1, true), out)
    end
  end)

  it("does nothing by default", function()
    local out = tags("--access-log", BAGGAGE)
    assert.truthy(out:find("route: .-: /plain\n"), out)
    assert.is_nil(out:find("k6", 1, true), out)
  end)
end)
