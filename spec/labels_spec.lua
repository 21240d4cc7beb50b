-- labels_spec.lua: labels that scripts give to their samples.
-- Needs: go time
local raw_http = require "raw_http"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local clock = require "clock"
local profile = require "profile"
local scheduler = require "scheduler"

local function burn(seconds)
  local start = clock.thread()
  while clock.thread() - start < seconds do end
end

local function in_parts(req)
  burn(0.3)
  profile.labels { tenant = req.query.tenant, level = 3, vip = true }
  burn(0.3)
  local first, second = profile.with({ step = "parse" }, function(a, b)
    burn(0.3)
    scheduler.sleep(0.01) -- others run meanwhile
    burn(0.3)
    return a, b
  end, 1, 2)
  pcall(profile.with, { step = "fails" }, function() burn(0.3) error "x" end)
  burn(0.3)
  return { first, second }
end

local kept
return {
  ["GET /parts"] = in_parts,
  ["GET /plain"] = function() burn(0.3) return "plain" end,
  ["GET /stream"] = function(req)
    profile.labels { tenant = "streamed" }
    return req:stream(function(write) burn(0.3) write "x" end)
  end,
  ["GET /later"] = function()
    profile.labels { tenant = "later" }
    scheduler.spawn(function() burn(0.3) end)
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
    burn(0.3)
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

--- Take a profile into `file` while the paths are asked for. On a busy machine
-- they may take longer than it: then it is taken again, for twice as long.
local function capture(file, paths, seconds)
  local curl = support.start { "curl", "-s", "-o", file,
    server.url .. "/debug/pprof/profile?seconds=" .. seconds }
  socket.sleep(0.2)
  for _, path in ipairs(paths) do
    local status = support.request(server.url .. path)
    assert.is_true(status < 300)
  end
  local is_whole = curl:alive()
  assert.equal(0, curl:wait(seconds + 10))
  curl:stop()
  if not is_whole then
    assert.is_true(seconds < 30, "30 s are not enough")
    capture(file, paths, 2 * seconds)
  end
end

--- CPU seconds by what the labels are, of a profile while the paths are asked
--- for: { ["level=3 tenant=a"] = 0.2, ... }, without method, route and worker.
local function profile_of(paths, seconds_of_wall)
  local file = folder .. "/cpu.pb.gz"
  capture(file, paths, seconds_of_wall)
  local code, out, err = support.command(("convert %s --exporters %s --to labels"):format(file, folder))
  assert.equal(0, code, err)
  local seconds = {}
  for ns, labels in out:gmatch "(%d+) ([^\n]*)\n" do
    seconds[labels] = (seconds[labels] or 0) + tonumber(ns) / 1e9
  end
  return seconds, out
end

local EXPORTER = [==[
return { api = 1, name = "labels", extension = ".txt", content_type = "text/plain",
  description = "nanoseconds and labels", export = function(profile, out)
    for i = 1, (profile:counts()) do
      local _, values, labels = profile:sample(i)
      local parts = {}
      for _, l in ipairs(labels) do
        if l.key ~= "method" and l.key ~= "route" and l.key ~= "worker" then
          parts[#parts + 1] = l.key .. "=" .. l.str
        end
      end
      table.sort(parts)
      out:write(values[2], " ", table.concat(parts, " "), "\n")
    end
  end }
]==]

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  support.write_file(folder .. "/labels.lua", EXPORTER)
  server = support.serve { "--workers", "1", folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Burnt seconds are CPU time. The time between two samples is all under the
--- labels of the second: 10 ms each time that labels change, more where a
--- virtual machine stood still meanwhile.
local function near(expected, got, what)
  assert.is_true(got and math.abs(got - expected) < 0.12,
    ("%s: %s s, not %s"):format(what, tostring(got), expected))
end

it("are for the rest of the request, or while a function runs", function()
  local seconds = profile_of({ "/parts?tenant=a", "/plain" }, 3) -- 2.1 s of CPU
  near(0.6, seconds["level=3 tenant=a vip=true"], "labels")
  near(0.6, seconds["level=3 step=parse tenant=a vip=true"], "with")
  near(0.3, seconds["level=3 step=fails tenant=a vip=true"], "with that fails")
  assert.is_true(seconds[""] > 0.5) -- what the others do, too
end)

it("go on in a stream, and in what was spawned", function()
  -- The last one is answered when what was spawned is over.
  local seconds = profile_of({ "/stream", "/later", "/keeps" }, 2)
  near(0.3, seconds["tenant=streamed"], "streamed")
  near(0.3, seconds["tenant=later"], "spawned")
end)

it("are not changed by a coroutine of another request", function()
  local seconds = profile_of({ "/keeps", "/closes" }, 2)
  near(0.3, seconds["tenant=closer"], "closer")
  assert.is_nil(seconds["tenant=keeper"])
end)

it("have no more than 100 values", function()
  local seconds = profile_of({ "/many" }, 2)
  local n = 0
  for labels in pairs(seconds) do n = n + (labels:find "^many=" and 1 or 0) end
  assert.is_true(n <= 101, n)
  near(0.3, seconds["many=other"], "the 50 beyond")
end)

it("are in the profile of coroutines and of memory", function()
  local client = raw_http.begin(server.port, "/parts?tenant=waits")
  support.wait_until(function()
    local _, text = support.request(server.url .. "/debug/pprof/goroutine?debug=1")
    return text:find('"step":"parse"', 1, true) and text:find('"tenant":"waits"', 1, true)
  end, "the labels", 5)
  client:close()
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
  code, out = support.command(("convert %s/run.pb.gz --exporters %s --to labels"):format(folder, folder))
  assert.equal(0, code)
  assert.truthy(out:find("phase=one", 1, true), out)
end)

describe("a client's baggage", function()
  local LONG = ("v"):rep(129)

  --- Labels of the samples of a request with these headers, as go tool pprof
  -- prints them.
  local function tags(option, headers)
    local other = support.serve { "--workers", "1", option, folder }
    local client = raw_http.begin(other.port, "/debug/pprof/profile?seconds=1")
    socket.sleep(0.1)
    assert.equal(200, (support.request(other.url .. "/plain", { headers = headers })))
    support.write_file(folder .. "/baggage.pb.gz", client:finish())
    assert.equal(0, other:stop())
    local code, out, err = support.run(
      ("PPROF_TMPDIR=%s go tool pprof -tags %s/baggage.pb.gz"):format(folder, folder))
    assert.equal(0, code, err)
    return out
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
