-- load_executors_spec.lua: when iterations begin, how many there are, and the
-- functions that run before and after them; against the real server.
-- Needs: time
local server_state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [[
local scheduler = require "scheduler"
return {
  ["GET /fast"] = function() return "fast" end,
  ["GET /slow"] = function() scheduler.sleep(0.02) return "slow" end,
}
]]

describe("perilune load", function()
  local folder, server

  setup(function()
    folder = support.new_folder()
    support.write_file(folder .. "/routes.lua", ROUTES)
    server = support.serve { "--workers", "1", folder }
  end)

  teardown(function()
    server:stop()
    support.remove_folder(folder)
  end)

  -- Writes a script with these options and functions. Returns its path.
  local function script(options, functions)
    local path = folder .. "/script.lua"
    support.write_file(path, ([[
      local http, t = require "http", require "loadtest"
      local BASE = %q
      -- Writes a whole line at once, because threads print side by side.
      local function say(...)
        local words = { ... }
        for i = 1, select("#", ...) do words[i] = tostring(words[i]) end
        io.write(table.concat(words, "\t") .. "\n")
      end
      local M = { options = %s }
      %s
      return M
    ]]):format(server.url, options, functions))
    return path
  end

  local function scenario(text) return "{ scenarios = { only = { " .. text .. " } } }" end

  local function load(path, arguments)
    return support.command(("load -q %s %s"):format(path, arguments or ""))
  end

  -- Returns the first number of a metric's line, or 0 if there is no such line.
  local function count_of(out, name)
    return tonumber(out:match("\n    " .. name .. "%.*: +(%d+)") or 0)
  end

  -- Returns a column of a trend, in seconds.
  local function column_of(out, name, column)
    local number, unit = out:match("\n    " .. name .. "%.*:[^\n]*%f[%w]" .. column
      :gsub("%p", "%%%0") .. "=([%d.]+)([^%s%d]+)")
    return number * ({ s = 1, ms = 1e-3, ["µs"] = 1e-6, ns = 1e-9 })[unit]
  end

  -- Returns the number of requests that the server has answered on /fast.
  local function n_served()
    return server_state.metric(server,
      'perilune_http_requests_total{route="GET /fast",code="200"}') or 0
  end

  local FAST = "function M.default() http.get(BASE .. '/fast') end"

  describe("with iterations", function()
    it("shares them, with any number of threads", function()
      for threads = 1, 3 do
        local code, out = load(script("{ vus = 7, iterations = 501 }", FAST), "-t " .. threads)
        assert.equal(0, code)
        assert.equal(501, count_of(out, "iterations"))
        assert.equal(501, count_of(out, "http_reqs"))
        assert.equal(7, count_of(out, "vus_max"))
      end
    end)

    it("gives each virtual user its own", function()
      local code, out = load(script(
        scenario "executor = 'per-vu-iterations', vus = 7, iterations = 11",
        "function M.default() say(t.vu, t.iteration, t.scenario) end"), "-t 3")
      assert.equal(0, code)
      for vu = 1, 7 do
        for iteration = 0, 10 do
          local line = ("%d\t%d\tonly\n"):format(vu, iteration)
          assert.truthy(("\n" .. out):find("\n" .. line, 1, true), line)
        end
      end
      assert.equal(77, count_of(out, "iterations"))
    end)
  end)

  describe("with stages", function()
    it("interrupts who does not leave within gracefulRampDown", function()
      local before = socket.gettime()
      local code, out = load(script(scenario [[executor = "ramping-vus", startVUs = 3,
          stages = { { "200ms", 3 }, { 0, 0 }, { "400ms", 0 } }, gracefulRampDown = "100ms"]],
        "function M.default() t.sleep(60) end"))
      assert.equal(0, code)
      assert.truthy(out:find("3 iterations were interrupted"))
      assert.is_true(socket.gettime() - before < 60)
    end)

    it("takes them from the command line", function()
      local code, out = load(server.url .. "/fast", "-s 300ms:4 -s 300ms:0")
      assert.equal(0, code)
      assert.equal(4, count_of(out, "vus_max"))
      assert.is_true(count_of(out, "iterations") > 0)
    end)
  end)

  describe("with a rate", function()
    it("begins as many as the rate says, with any number of threads", function()
      for threads = 1, 3 do
        local code, out = load(script(scenario [[executor = "constant-arrival-rate",
          rate = 30, timeUnit = "100ms", duration = "1s", maxVUs = 50]], FAST), "-t " .. threads)
        assert.equal(0, code)
        assert.equal(300, count_of(out, "iterations"))
        assert.equal(300, count_of(out, "http_reqs"))
        assert.equal(0, count_of(out, "dropped_iterations"))
      end
    end)

    it("follows stages: 0 to 200/s and back in 2 s are 200", function()
      local code, out = load(script(scenario [[executor = "ramping-arrival-rate",
        stages = { { "1s", 200 }, { duration = "1s", target = 0 } }, preAllocatedVUs = 50]],
        FAST), "-t 2")
      assert.equal(0, code)
      assert.equal(200, count_of(out, "iterations"))
    end)

    it("takes it from the command line", function()
      local code, out = load(server.url .. "/fast", "-R 250 -d 1s")
      assert.equal(0, code)
      assert.equal(250, count_of(out, "http_reqs"))
      assert.is_true(column_of(out, "pacing_lag", "max") > 0)
    end)

    it("begins late, and says so in the latency, what finds no virtual user", function()
      -- Two virtual users need 2 s for 200 requests of 20 ms that are due within 1 s.
      local code, out, err = load(script(scenario [[executor = "constant-arrival-rate",
        rate = 200, duration = "1s", maxVUs = 2]],
        "function M.default() http.get(BASE .. '/slow') end"))
      assert.equal(0, code)
      assert.equal(200, count_of(out, "iterations"))
      assert.equal(0, count_of(out, "dropped_iterations"))
      assert.is_true(column_of(out, "http_req_latency", "max") > 0.9)
      assert.truthy(err:find("insufficient_vus.*iterations begin late"))
    end)

    it("drops it where that is asked for", function()
      local code, out, err = load(script(scenario [[executor = "constant-arrival-rate",
        rate = 200, duration = "1s", maxVUs = 2, overload = "drop"]],
        "function M.default() http.get(BASE .. '/slow') end"))
      assert.equal(0, code)
      local n, n_dropped = count_of(out, "iterations"), count_of(out, "dropped_iterations")
      assert.equal(200, n + n_dropped)
      assert.is_true(n_dropped >= 90, n_dropped) -- two users can send 100 in a second
      assert.truthy(err:find("insufficient_vus.*iterations are dropped"))
    end)

    -- Stops the target for 1.4 s. A request that is due meanwhile waits until the
    -- target goes on: those that are due in the first 0.4 s wait longer than 1 s, and
    -- are 160 of 2,000, or 8 %. Only five requests, or 0.25 %, are on their way while
    -- the target stands still, and have so long a duration.
    local function stop_target(overload)
      local load_run = support.start { support.perilune, "load", "-q",
        script(scenario(([[executor = "constant-arrival-rate",
          rate = 400, duration = "5s", maxVUs = 5, overload = %q]]):format(overload)), FAST) }
      local before = n_served()
      support.wait_until(function() return n_served() > before end, "the first requests", 60)
      server:signal "STOP"
      socket.sleep(1.4) -- the stop that the test is about
      server:signal "CONT"
      assert.equal(0, load_run:wait(120))
      local out = load_run:output()
      load_run:stop()
      return out
    end

    it("tells of a target that stood still for 1.4 s", function()
      local out = stop_target "queue"
      assert.equal(2000, count_of(out, "iterations"))
      assert.equal(0, count_of(out, "dropped_iterations"))
      local latency = column_of(out, "http_req_latency", "p(99)")
      assert.is_true(latency > 1, latency)
      -- A busy machine adds to the duration of requests, but not as much as the stop.
      assert.is_true(column_of(out, "http_req_duration", "p(99)") < latency)

      out = stop_target "drop"
      local n_dropped = count_of(out, "dropped_iterations")
      assert.equal(2000, count_of(out, "iterations") + n_dropped)
      assert.is_true(n_dropped > 400, n_dropped)
    end)

    it("counts nothing of a scenario that has not begun when the test ends", function()
      local code, out = load(script([[{ scenarios = {
        ends = { executor = "shared-iterations", exec = "stop" },
        later = { executor = "constant-arrival-rate", rate = 100, duration = "1s", maxVUs = 1,
          startTime = "60s" } } }]], FAST .. " function M.stop() t.abort() end"))
      assert.equal(108, code)
      assert.falsy(out:find("dropped_iterations", 1, true), out)
      assert.falsy(out:find("http_req_latency", 1, true), out)
    end)

    it("records what is unfinished at the end as it is then", function()
      local code, out = load(script(scenario [[executor = "constant-arrival-rate",
        rate = 10, duration = "1s", maxVUs = 1, gracefulStop = "500ms"]],
        "function M.default() t.sleep(60) end"))
      assert.equal(0, code)
      assert.equal(9, count_of(out, "dropped_iterations"))
      assert.truthy(out:find("\n    1 iteration was interrupted\n"))
      -- The requests are due after 0.1 to 0.9 s and are given up after 1.5 s. The
      -- times are printed rounded.
      assert.is_true(column_of(out, "http_req_latency", "max") > 1.39)
      assert.is_true(column_of(out, "http_req_latency", "min") > 0.59)
    end)
  end)

  describe("setup and teardown", function()
    it("run once; what setup returns goes to all", function()
      local code, out = load(script("{ vus = 4, iterations = 8 }", [[
        function M.setup()
          assert(t.vu == 0)
          return { status = http.get(BASE .. "/fast").status, list = { 1, 2, 3 } }
        end
        function M.default(data) say("in", data.status, #data.list) end
        function M.teardown(data) say("after", data.status, #data.list) end
      ]]), "-t 2")
      assert.equal(0, code)
      local _, n = out:gsub("in\t200\t3\n", "")
      assert.equal(8, n)
      assert.truthy(out:find("after\t200\t3\n"))
      assert.equal(1, count_of(out, "http_reqs"))
      assert.equal(8, count_of(out, "iterations"))
    end)

    it("end the test when setup fails", function()
      local code, out, err = load(script("{}", [[
        function M.setup() error("no database") end
        function M.default() say("in") end
      ]]))
      assert.equal(107, code)
      assert.truthy(err:find("setup failed: .*no database"))
      assert.falsy(out:find("in\n"))
      code, _, err = load(script("{}", [[
        function M.setup() return { f = say } end
        function M.default() end
      ]]))
      assert.equal(107, code)
      assert.truthy(err:find("setup failed: .*function"), err)
    end)

    it("have a time limit", function()
      local code, _, err = load(script("{ setupTimeout = '100ms' }", [[
        function M.setup() t.sleep(60) end
        function M.default() end
      ]]))
      assert.equal(100, code)
      assert.truthy(err:find("setup has not returned within 0.1 s"), err)
      code, _, err = load(script("{ teardownTimeout = '100ms' }", [[
        function M.teardown() t.sleep(60) end
        function M.default() end
      ]]))
      assert.equal(101, code)
      assert.truthy(err:find("teardown has not returned within 0.1 s"), err)
    end)

    it("setup that a signal interrupts is followed by nothing", function()
      local run = support.start { support.perilune, "load", "-q", script("{}", [[
        function M.setup() say "begun" io.flush() t.sleep(60) end
        function M.default() say "ran" end
        function M.teardown() say "cleaned up" end
      ]]) }
      support.wait_until(function() return run:output():find("begun\n") end,
        "setup", 60)
      run:signal "INT"
      assert.equal(105, run:wait(60))
      assert.falsy(run:output():find("ran\n"))
      assert.falsy(run:output():find("cleaned up\n"))
      run:stop()
    end)

    it("teardown runs after a signal, too", function()
      local run = support.start { support.perilune, "load", "-q", script("{ duration = '60s' }", [[
        function M.default() say "in" io.flush() t.sleep(0.01) end
        function M.teardown() say("cleaned up") end
      ]]) }
      support.wait_until(function() return run:output():find("in\n") end, "an iteration", 60)
      run:signal "INT"
      assert.equal(105, run:wait(60))
      assert.truthy(run:output():find("cleaned up\n"))
      run:stop()
    end)
  end)

  it("makes a SharedArray once, and lets nobody write to it", function()
    local code, out = load(script("{ vus = 5, iterations = 5 }", [[
      local users = t.SharedArray("users", function()
        say "made"
        return { { name = "ann" }, { name = "bob" } }
      end)
      function M.default()
        local names = {}
        for _, user in ipairs(users) do names[#names + 1] = user.name end
        for i, user in pairs(users) do names[#names + 1] = i .. user.name end
        say(table.concat(names, " "), #users, (pcall(function() users[3] = {} end)))
      end
    ]]))
    assert.equal(0, code)
    local _, n_made = out:gsub("made\n", "")
    assert.equal(1, n_made)
    local _, n = out:gsub("ann bob 1ann 2bob\t2\tfalse\n", "")
    assert.equal(5, n)
    local err
    code, _, err = load(script("{}", "t.SharedArray('x', function() return 1 end)"))
    assert.equal(107, code)
    assert.truthy(err:find("SharedArray 'x': the function must return a table, got number", 1, true))
  end)

  it("is ended by abort, with 108 and a summary", function()
    local code, out, err = load(script("{ vus = 3, duration = '60s' }", [[
      function M.default()
        if t.iteration == 20 and t.vu == 2 then t.abort("enough") end
        t.sleep(0.01)
      end
    ]]), "-t 2")
    assert.equal(108, code)
    assert.truthy(err:find("test_aborted.*enough"))
    assert.is_true(count_of(out, "iterations") >= 20)
  end)

  it("lets the script write its own summary", function()
    local file = folder .. "/mine.json"
    local path = script("{ iterations = 3, thresholds = { http_reqs = { 'count==3', 'count>5' } } }", ([[
      local json = require "json"
      function M.default()
        t.group("outer", function() t.check(http.get(BASE .. "/fast"), { fine = true }) end)
      end
      function M.handleSummary(data)
        local reqs = data.metrics.http_reqs
        say(reqs.type, reqs.contains, reqs.values.count, reqs.thresholds["count==3"].ok,
          reqs.thresholds["count>5"].ok, data.metrics.http_req_duration.values["p(95)"] > 0)
        return { stdout = "mine\n" .. #data.text .. "\n", [%q] = json.encode(data) }
      end
    ]]):format(file))
    local code, out = load(path)
    assert.equal(99, code)
    assert.truthy(out:find("counter\tdefault\t3.0\ttrue\tfalse\ttrue\n", 1, true), out)
    assert.truthy(out:find("mine\n%d%d%d+\n"), out)
    assert.falsy(out:find("TOTAL RESULTS", 1, true))
    local data = support.read_file(file)
    assert.truthy(data:find('"path":"::outer::fine"', 1, true), data)
    assert.truthy(data:find('"name":"outer"', 1, true), data)

    local err
    code, out, err = load(script("{}", [[
      function M.default() end
      function M.handleSummary(data) return "text" end
    ]]))
    assert.equal(107, code)
    assert.truthy(err:find("handleSummary: .*must return a table of texts.*got string"), err)
    assert.truthy(out:find("TOTAL RESULTS", 1, true)) -- the default summary
  end)

  it("writes what it can of the script's summary, and names what it cannot", function()
    local file, missing = folder .. "/fine.txt", folder .. "/missing"
    local code, out, err = load(script("{}", ([[
      function M.default() end
      function M.handleSummary(data)
        return { stdout = "to stdout\n", stderr = "to stderr\n", [%q] = "to a file",
          [%q] = "lost", [%q] = "lost, too" }
      end
    ]]):format(file, missing .. "/a", missing .. "/b")))
    assert.equal(1, code)
    assert.equal("to stdout\n", out)
    assert.equal("to a file", support.read_file(file))
    assert.truthy(err:find("to stderr\n", 1, true), err)
    for _, name in ipairs { "a", "b" } do
      assert.truthy(err:find(("perilune load: handleSummary: cannot write '%s/%s': " ..
        "the folder '%s' does not exist\n"):format(missing, name, missing), 1, true), err)
    end
    assert.falsy(support.exists(missing))
    code, out, err = load(script("{}", ([[
      function M.default() end
      function M.handleSummary(data) return { stdout = "not alone", [%q] = 1 } end
    ]]):format(folder .. "/number")))
    assert.equal(107, code)
    assert.truthy(err:find("names and texts must be strings, got string = number", 1, true), err)
    assert.falsy(out:find("not alone", 1, true))
  end)

  it("gives a scenario its own env", function()
    local code, out = load(script([[{ scenarios = {
        a = { executor = "per-vu-iterations", env = { WHO = "a", FROM_A = "yes" } },
        b = { executor = "per-vu-iterations" } } }]], [[
      local at_load = t.env.WHO
      function M.default() say(t.scenario, at_load, t.env.WHO, t.env.FROM_A) end
    ]]), "-e WHO=all -t 2")
    assert.equal(0, code)
    assert.truthy(out:find("a\ta\ta\tyes\n"), out)
    assert.truthy(out:find("b\tall\tall\tnil\n"), out)
  end)

  it("refuses what does not fit, before any load is sent", function()
    local function refused(options, ...)
      local code, out, err = load(script(options, FAST))
      assert.equal(104, code, out .. err)
      for _, part in ipairs { ... } do
        assert.truthy(err:find(part, 1, true), part .. " not in: " .. err)
      end
    end
    local arrival = "executor = 'constant-arrival-rate', "
    refused(scenario(arrival .. "rate = 1, duration = '1s'"), "scenario 'only'", "'maxVUs'")
    refused(scenario(arrival .. "duration = '1s', maxVUs = 1"), "'rate' must be more than 0")
    refused(scenario(arrival .. "rate = 1, maxVUs = 1"), "'duration' must be more than 0")
    refused(scenario(arrival .. "rate = 1, duration = '1s', maxVUs = 1, preAllocatedVUs = 2"),
      "'preAllocatedVUs' (2) must not be more than 'maxVUs' (1)")
    refused(scenario(arrival .. "rate = 1, duration = '1s', maxVUs = 1, overload = 'later'"),
      "options.scenarios.only.overload", '"queue" or "drop"', "'later'")
    refused(scenario(arrival .. "rate = 1, duration = '1s', maxVUs = 1, timeUnit = 0"),
      "'timeUnit' must be longer than 0s")
    refused(scenario "executor = 'ramping-vus'", "'stages' must have one stage")
    refused(scenario "executor = 'ramping-vus', stages = {}", "list of 1 to")
    refused(scenario "executor = 'ramping-vus', stages = { { '1s' } }", "stages[1].target")
    refused(scenario "executor = 'ramping-vus', stages = { { 'x', 1 } }", "stages[1].duration")
    for stage, field in pairs { ["'1s', 1, 5"] = "3", ["'1s', 1, [1.5] = 1"] = "1.5",
      ["'1s', 1, targets = 2"] = "'targets'", ["'1s', 1, [true] = 2"] = "a boolean" } do
      refused("{ stages = { { '1s', 1 }, { " .. stage .. " } } }",
        "options.stages[2] must be { duration, target }, and has a field " .. field .. ", too")
    end
    refused(scenario "executor = 'ramping-vus', stages = { { '1s', 0 } }, startVUs = 0", "above 0")
    refused(scenario "executor = 'ramping-vus', stages = { { 0, 5 } }", "longer than 0s")
    refused(scenario "executor = 'ramping-arrival-rate', stages = { { '1s', 0 } }, maxVUs = 1",
      "target above 0")
    refused(scenario "executor = 'per-vu-iterations', env = { A = 1 }", "env: names and values")
    refused("{ stages = { { '1s', 1 } }, iterations = 3 }", "either stages, or")
    refused("{ stages = { { '1s', 1 } }, scenarios = { a = { executor = 'constant-vus', "
      .. "duration = '1s' } } }", "either scenarios, or")
    for arguments, message in pairs {
      ["-s 10"] = "--stage must be TIME:N", ["-s x:1"] = "--stage must be TIME:N",
      ["-s 1s:x"] = "--stage", ["-R 0"] = "--rate", ["-t 0"] = "--threads",
    } do
      local code, _, err = load(server.url .. "/fast", arguments)
      assert.equal(2, code)
      assert.truthy(err:find(message, 1, true), err)
    end
    local code, _, err = load(server.url .. "/fast", "-R 5 -i 3")
    assert.equal(104, code)
    assert.truthy(err:find("either a rate, or iterations", 1, true), err)
  end)
end)
