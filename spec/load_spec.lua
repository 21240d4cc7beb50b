-- load_spec.lua: `perilune load` against nginx, which counts the requests by
-- itself: its access log has one line for each.
-- Needs: nginx time
local raw_http = require "raw_http"
local support = require "support"
local socket = require "socket"

local NGINX = [[
worker_processes 1;
daemon off;
pid FOLDER/nginx.pid;
error_log FOLDER/error.log;
events { worker_connections 1024; }
http {
  log_format plain "$request_method $uri $http_x_test $http_user_agent";
  access_log FOLDER/access.log plain;
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;
  server {
    listen 127.0.0.1:PORT;
    default_type text/plain;
    location / { return 200 "hello"; }
    location /missing { return 404 "no"; }
    location /echo {
      add_header X-Echo "$http_x_test";
      return 200 "$request_method $content_length $http_x_test";
    }
    location /json { return 200 '{"n":[1,2,3]}'; }
  }
}
]]

describe("perilune load", function()
  local folder, nginx, base, port

  setup(function()
    assert(os.execute("command -v nginx >/dev/null"),
      "nginx is missing: apt-get install nginx-light")
    folder = support.new_folder()
    port = support.free_port()
    base = "http://127.0.0.1:" .. port
    local config = NGINX:gsub("FOLDER", folder):gsub("PORT", port)
    support.write_file(folder .. "/nginx.conf", config)
    nginx = support.start { "nginx", "-c", folder .. "/nginx.conf",
      "-e", folder .. "/error.log" }
    support.wait_until(function() return raw_http.is_listening(port) end, "nginx")
  end)

  teardown(function()
    nginx:stop()
    support.remove_folder(folder)
  end)

  -- Returns the lines that nginx has logged since the last call, one per request.
  -- nginx logs one request after the other: once it has logged a last one, which is
  -- left out, it has logged those before.
  local n_seen, n_calls = 0, 0
  local function served()
    n_calls = n_calls + 1
    local last = "^GET /served%-" .. n_calls .. " "
    assert.equal(200, (support.request(base .. "/served-" .. n_calls)))
    local lines, n
    support.wait_until(function()
      lines, n = {}, 0
      for line in io.lines(folder .. "/access.log") do
        n = n + 1
        if line:find(last) then return true end
        if n > n_seen then lines[#lines + 1] = line end
      end
    end, "the access log", 60)
    n_seen = n
    return lines
  end

  -- Waits until nginx has logged a request for this path.
  local function wait_for_request(path)
    support.wait_until(function()
      return support.exists(folder .. "/access.log") and
        support.read_file(folder .. "/access.log"):find(path, 1, true)
    end, "a request for " .. path, 60)
  end

  -- Sends SIGINT and waits until the process has taken it: of two signals that wait
  -- for a process, the kernel keeps one.
  local function interrupt(process)
    process:signal("INT")
    support.wait_until(function()
      return not process:alive() or support.read_file("/proc/" .. process.pid .. "/status")
        :find("ShdPnd:%s*0+\n")
    end, "the process to take the signal", 60)
  end

  before_each(served)

  -- Writes a script, with the server's URL in place of BASE. Returns its path.
  local function script(text)
    local path = folder .. "/script.lua"
    support.write_file(path, (text:gsub("BASE", base)))
    return path
  end

  local function load(arguments)
    return support.command("load -q " .. arguments)
  end

  -- Runs a script whose default function has this body.
  local function run_body(body, arguments)
    return load(script([[
      local http, t = require "http", require "loadtest"
      return { default = function() ]] .. body .. [[ end }
    ]]) .. " " .. (arguments or "-i 1"))
  end

  local function count_of(out, name)
    return tonumber(out:match("\n    " .. name .. "%.*: +(%d+)"))
  end

  describe("with a URL", function()
    it("sends exactly the iterations asked for", function()
      local code, out = load(base .. "/data -i 500 -u 7")
      assert.equal(0, code)
      assert.equal(500, count_of(out, "http_reqs"))
      assert.equal(500, count_of(out, "iterations"))
      local lines = served()
      assert.equal(500, #lines)
      assert.truthy(lines[1]:match("^GET /data %- perilune/"))
    end)

    it("counts what the server counts when time ends it", function()
      local code, out = load(base .. "/data -d 700ms -u 5")
      assert.equal(0, code)
      local n = count_of(out, "http_reqs")
      assert.truthy(n > 0)
      assert.equal(n, #served())
    end)

    it("counts a target that is down, and says so once", function()
      local free = support.free_port()
      local code, out, err = load("http://127.0.0.1:" .. free .. " -i 20 -u 2")
      assert.equal(0, code)
      assert.equal(20, count_of(out, "1212 dial: connection refused"))
      assert.truthy(out:find("http_req_failed%.*: 100.00%% 20 out of 20"))
      local _, n = err:gsub("connection refused", "")
      assert.equal(1, n)
    end)

    it("counts statuses other than 200", function()
      local _, out = load(base .. "/missing -i 5")
      assert.equal(5, count_of(out, "404"))
      assert.truthy(out:find("http_req_failed%.*: 100.00%% 5 out of 5"))
    end)

    it("tries all addresses of a name, each user at the same time", function()
      -- Nobody listens at ::1. The command runs in a mount namespace in which the
      -- name is known.
      local hosts = folder .. "/hosts"
      support.write_file(hosts, "::1 two.test\n127.0.0.1 two.test\n")
      local with_name = "unshare --map-root-user --mount sh -c " ..
        support.quote("mount --bind " .. hosts .. " /etc/hosts && exec \"$@\"") .. " - "
      if support.run(with_name .. "true") ~= 0 then
        pending("the system gives no mount namespace")
        return
      end
      local code, out = support.run(with_name .. support.quote(support.perilune) ..
        " load -q http://two.test:" .. port .. "/ -u 4 -i 100")
      assert.equal(0, code)
      assert.truthy(out:find("http_req_failed%.*: 0.00%% +0 out of 100"), out)
    end)
  end)

  describe("summary", function()
    it("has k6's sections and lines, in order", function()
      local path = folder .. "/script.lua"
      local code, out = run_body([[
        t.check(http.get("BASE/data"), { fine = true })
        t.check(1, { broken = t.iteration % 2 == 0 })
      ]], "-i 4")
      assert.equal(0, code)
      assert.truthy(support.exists(path))
      local at = 1
      for _, pattern in ipairs {
        "█ TOTAL RESULTS", "checks_total%.+: 8 ",
        "checks_succeeded%.+: 75.00%% 6 out of 8",
        "checks_failed%.+: 25.00%% 2 out of 8",
        "✗ broken", "↳  50%% — ✓ 2 / ✗ 2", "✓ fine",
        "HTTP\n", "http_req_blocked%.+: avg=%S+ +min=%S+ +med=%S+ +max=%S+" ..
          " +p%(90%)=%S+ +p%(95%)=%S+ +p%(99%)=%S+ +p%(99.9%)=%S+",
        "http_req_connecting%.+: avg=", "http_req_duration%.+: avg=",
        "{ expected_response:true }%.+: avg=",
        "http_req_failed%.+: 0.00%%", "http_req_receiving%.+: avg=",
        "http_req_sending%.+: avg=", "http_req_tls_handshaking%.+: avg=",
        "http_req_waiting%.+: avg=", "http_reqs%.+: 4 +[%d.]+/s",
        "EXECUTION\n", "iteration_duration%.+: avg=",
        "iterations%.+: 4 +[%d.]+/s", "vus%.+: 1 +min=1 +max=1",
        "vus_max%.+: 1", "NETWORK\n", "data_received%.+: [%d.]+ k?B",
        "data_sent%.+: %d+ B",
      } do
        local first, last = out:find(pattern, at)
        assert.truthy(first, "not found in order: " .. pattern .. "\n" .. out)
        at = last
      end
    end)

    it("is exported as JSON, checks by group", function()
      local json = folder .. "/summary.json"
      local code = run_body([[
        t.check(1, { top = true })
        t.group("outer", function()
          t.group("inner \"x\"", function() t.check(1, { low = false }) end)
        end)
        http.get("BASE/")
      ]], "-i 3 --summary-export " .. json)
      assert.equal(0, code)
      local text = support.read_file(json)
      assert.truthy(text:find('"http_reqs": {"count": 3, "rate": %d'))
      assert.truthy(text:find('"checks": {"value": 0.5, "passes": 3, ' ..
        '"fails": 3}', 1, true))
      assert.truthy(text:find('"path": "::outer::inner \\"x\\"::low", ' ..
        '"passes": 0, "fails": 3}', 1, true))
      assert.truthy(text:find('"path": "::top", "passes": 3', 1, true))
      local valid = support.run("python3 -m json.tool " .. json)
      assert.truthy(valid == 0 or valid == 127)
    end)
  end)

  describe("a script", function()
    it("shares exactly the iterations asked for", function()
      local code, out = run_body([[http.get("BASE/data")]], "-i 500 -u 7")
      assert.equal(0, code)
      assert.equal(500, count_of(out, "http_reqs"))
      assert.equal(500, #served())
    end)

    it("sends method, headers and body, and reads the reply", function()
      local code, out = run_body([[
        local h = { ["X-Test"] = "abc", ["User-Agent"] = "mine" }
        local p = { headers = h, tags = { name = "x" }, timeout = "5s" }
        local function expect(res, status, body)
          t.check(res, {
            status = function(r) return r.status == status end,
            body = function(r) return r.body == body end,
            code = res.error_code == (status == 404 and 1404 or 0),
            error = res.error == "",
          })
        end
        expect(http.get("BASE/echo", p), 200, "GET  abc")
        expect(http.post("BASE/echo", "12345", p), 200, "POST 5 abc")
        expect(http.post("BASE/echo", nil, p), 200, "POST  abc")
        expect(http.put("BASE/echo", "", p), 200, "PUT 0 abc")
        expect(http.patch("BASE/echo", "x", p), 200, "PATCH 1 abc")
        expect(http.del("BASE/echo", nil, p), 200, "DELETE  abc")
        expect(http.options("BASE/echo", nil, p), 200, "OPTIONS  abc")
        expect(http.request("REPORT", "BASE/echo", "xy", p), 200,
          "REPORT 2 abc")
        expect(http.head("BASE/echo", p), 200, "")
        expect(http.get("BASE/missing"), 404, "no")
        local res = http.get("BASE/echo", p)
        local m = res.timings
        t.check(res, {
          header = res.headers["X-Echo"] == "abc",
          any_case = res.headers["x-eCHO"] == "abc",
          no_header = res.headers["X-None"] == nil,
          timings = m.duration > 0 and m.waiting > 0 and m.blocked == 0 and
            math.abs(m.sending + m.waiting + m.receiving - m.duration) < 1e-6,
          nothing = res.no_such_field == nil,
          json = http.get("BASE/json"):json().n[3] == 3,
          not_json = not pcall(res.json, res),
        })
      ]])
      assert.equal(0, code)
      assert.truthy(out:find("checks_failed%.+: 0.00%% 0 out of 47"), out)
      assert.equal("GET /echo abc mine", served()[1])
    end)

    it("gives errors their codes", function()
      local code, out = run_body([[
        local res = http.get("http://127.0.0.1:]] .. support.free_port() ..
        [[/")
        t.check(res, { refused = res.error_code == 1212 and res.status == 0 and
          res.body == "" and res.error:find("refused") ~= nil })
        res = http.get("nonsense")
        t.check(res, { invalid = res.error_code == 1020 })
      ]])
      assert.equal(0, code)
      assert.truthy(out:find("checks_failed%.+: 0.00%% 0 out of 2"), out)
    end)

    it("has globals per virtual user", function()
      local _, out = load(script([[
        local t = require "loadtest"
        count = 0
        local M = { options = { scenarios = { x = {
          executor = "per-vu-iterations", vus = 3, iterations = 10 } } } }
        function M.default()
          t.check(1, { own = count == t.iteration and _G.count == count })
          count = count + 1
          t.sleep(0.01)
        end
        return M
      ]]))
      assert.truthy(out:find("checks_failed%.+: 0.00%%"), out)
      assert.equal(30, count_of(out, "iterations"))
    end)

    it("sees the environment and -e", function()
      local code, out = support.run("SPEC_A=1 SPEC_B=2 " ..
        support.quote(support.perilune) .. " load -q -e SPEC_B=3 -e C=x=y " ..
        script([[
          local t = require "loadtest"
          return { default = function() t.check(t.env, {
            a = t.env.SPEC_A == "1", b = t.env.SPEC_B == "3",
            c = t.env.C == "x=y", vu = t.vu == 1, n = t.iteration == 0 })
          end }
        ]]))
      assert.equal(0, code)
      assert.truthy(out:find("checks_failed%.+: 0.00%% 0 out of 5"), out)
    end)

    it("records metrics of its own", function()
      local code, out = load(script([[
        local t = require "loadtest"
        local trend, count = t.Trend("a_trend", true), t.Counter("a_count")
        local gauge, rate = t.Gauge("a_gauge"), t.Rate("a_rate")
        return { default = function()
          for i = 1, 100 do trend:add(i) end
          count:add(2)
          gauge:add(t.iteration)
          rate:add(t.iteration == 0)
        end }
      ]]) .. " -i 4")
      assert.equal(0, code)
      assert.truthy(out:find("CUSTOM\n"))
      assert.truthy(out:find("a_trend%.+: avg=50.5ms +min=1ms +med=50.%d+ms"))
      assert.equal(8, count_of(out, "a_count"))
      assert.truthy(out:find("a_gauge%.+: 3 +min=0 max=3"))
      assert.truthy(out:find("a_rate%.+: 25.00%% +1 out of 4"))
    end)

    it("sleeps at least as long as it says", function()
      local _, out = run_body([[
        local clock = require "clock"
        local before = clock.mono()
        t.sleep(0.0305)
        local took = clock.mono() - before
        t.check(took, { slept = took >= 0.0305 })
      ]], "-i 10 -u 5")
      assert.truthy(out:find("checks_failed%.+: 0.00%% 0 out of 10"), out)
    end)

    it("goes on after an error, and counts it", function()
      local code, out, err = run_body([[
        http.get("BASE/")
        if t.iteration < 20 then t.fail("on purpose") end
        http.get("BASE/")
      ]], "-i 30")
      assert.equal(0, code)
      assert.equal(40, count_of(out, "http_reqs"))
      assert.equal(30, count_of(out, "iterations"))
      assert.equal(20, count_of(out, "script errors"))
      local _, n = err:gsub("script.lua:%d+: on purpose", "")
      assert.equal(10, n)
    end)

    it("says where waiting cannot work", function()
      local code, out, err = run_body([[
        local function get() return http.get("BASE/").body end
        t.check(1, { pcall = select(2, pcall(get)) == "hello" })
        t.check(1, { in_check = function() return get() == "hello" end })
        local ok, why = pcall(string.gsub, "x", "x", get)
        t.check(1, { gsub = not ok and why:find("string.gsub") ~= nil })
        ok, why = pcall(coroutine.wrap(get))
        t.check(1, { coroutine = not ok and why:find("coroutine") ~= nil })
        coroutine.yield()
      ]])
      assert.equal(0, code)
      assert.truthy(out:find("checks_failed%.+: 0.00%% 0 out of 4"), out)
      assert.truthy(err:find("yields outside of a coroutine of its own"))
    end)

    it("refuses names of checks and groups that have NUL bytes", function()
      local code, out = run_body([[
        local ok, message = pcall(t.check, 1, { ["a\0b"] = true })
        print(ok, message)
        print(pcall(t.group, "g\0h", function() end))
      ]])
      assert.equal(0, code)
      assert.truthy(out:find("false\t[^\n]*the name 'a' must have no NUL bytes"), out)
      assert.truthy(out:find("false\t[^\n]*a name without NUL bytes expected"), out)
    end)

    it("leaves a group by an error, too", function()
      local json = folder .. "/summary.json"
      run_body([[
        pcall(t.group, "g", function() t.sleep(0); error("x") end)
        t.check(1, { outside = true })
        local a, b = t.group("g", function() t.sleep(0.02) return 1, nil end)
        t.check(1, { results = a == 1 and b == nil })
      ]], "-i 1 --summary-export " .. json)
      local text = support.read_file(json)
      assert.truthy(text:find('"path": "::outside", "passes": 1', 1, true))
      assert.truthy(text:find('"path": "::results", "passes": 1', 1, true))
      assert.truthy(tonumber(text:match('"group_duration": .-"max": ([%d.]+)'))
        >= 20)
    end)

    it("bounds the names of checks", function()
      local json = folder .. "/summary.json"
      local code, _, err = run_body([[
        for i = 1, 1500 do t.check(1, { ["check " .. i] = true }) end
      ]], "-i 1 --summary-export " .. json)
      assert.equal(0, code)
      assert.truthy(err:find("more than 1000 checks"))
      local text = support.read_file(json)
      assert.truthy(text:find('"path": "::other", "passes": 500', 1, true))
      assert.truthy(text:find('"checks": {"value": 1, "passes": 1500', 1, true))
    end)

    it("may throw bodies away and call itself otherwise", function()
      local _, out = load(script([[
        local http, t = require "http", require "loadtest"
        return {
          options = { discardResponseBodies = true, userAgent = "spec/1" },
          default = function()
            local res = http.get("BASE/")
            t.check(res, { none = res.status == 200 and res.body == "" })
          end,
        }
      ]]))
      assert.truthy(out:find("checks_failed%.+: 0.00%% 0 out of 1"), out)
      assert.equal("GET / - spec/1", served()[1])
    end)

    it("runs scenarios side by side", function()
      local code, out = load(script([[
        local http, t = require "http", require "loadtest"
        local M = { options = { scenarios = {
          one = { executor = "shared-iterations", vus = 2, iterations = 40,
            exec = "one" },
          two = { executor = "per-vu-iterations", vus = 3, iterations = 5,
            startTime = "100ms", exec = "two" },
        } } }
        function M.one() http.get("BASE/one") end
        function M.two() http.get("BASE/two") t.sleep(0.01) end
        return M
      ]]))
      assert.equal(0, code)
      local counts = {}
      for _, line in ipairs(served()) do
        local name = line:match("^GET /(%w+)")
        counts[name] = (counts[name] or 0) + 1
      end
      assert.equal(40, counts.one)
      assert.equal(15, counts.two)
      assert.truthy(out:find("vus_max%.+: 5"))
    end)

    it("is interrupted when the graceful stop is over", function()
      local before = socket.gettime()
      local code, out = load(script([[
        local t = require "loadtest"
        return { options = { scenarios = { s = { executor = "constant-vus",
            vus = 2, duration = "100ms", gracefulStop = "100ms" } } },
          default = function()
            t.group("g", function() t.sleep(60) end)
          end }
      ]]))
      assert.equal(0, code)
      assert.truthy(out:find("2 iterations were interrupted"))
      assert.falsy(count_of(out, "iterations"))
      assert.truthy(socket.gettime() - before < 60)
    end)
  end)

  describe("bad input", function()
    local function refused(text, expected_code, ...)
      local code, out, err = load(script(text))
      assert.equal(expected_code, code, err)
      assert.equal("", out)
      for _, part in ipairs { ... } do
        assert.truthy(err:find(part, 1, true), part .. " not in: " .. err)
      end
      assert.equal(0, #served())
    end

    it("is refused before any load is sent", function()
      refused("local x = = 1", 104, "script.lua:1:", "unexpected symbol")
      refused("end function f() ", 104, "script.lua:1:", "'end'")
      refused("\n\nerror('at load')", 107, "script.lua:3: at load")
      refused("require('http').get('BASE/')", 107, "while the script is being")
      refused("return 1", 107, "must return a table, got number")
      refused("return {}", 104, "function 'default', got nil")
      local function options(text)
        return "return { default = function() end, options = " .. text .. " }"
      end
      refused(options("1"), 104, "options must be a table, got 1")
      refused(options("{ vuz = 1 }"), 104, "options: unknown option 'vuz'",
        "known are: vus, duration, iterations, stages, scenarios")
      refused(options("{ vus = 0 }"), 104, "options.vus must be a whole")
      refused(options("{ vus = 1.5 }"), 104, "options.vus", "got 1.5")
      refused(options("{ duration = '10' }"), 104, "options.duration",
        '"1m30s"', "'10'")
      refused(options("{ duration = true }"), 104, "options.duration",
        "a boolean")
      refused(options("{ vus = 5, iterations = 2 }"), 104, "'iterations' (2)")
      refused(options("{ scenarios = { a = 1 } }"), 104,
        "options.scenarios.a must be a table")
      refused(options("{ scenarios = { a = { executor = 'warp' } } }"), 104,
        "options.scenarios.a.executor", "'warp'",
        "one of shared-iterations, per-vu-iterations, constant-vus, ramping-vus, "
          .. "constant-arrival-rate, ramping-arrival-rate")
      refused(options([[{ scenarios = { a = { executor = "constant-vus",
        iterations = 3 } } }]]), 104, "unknown option 'iterations'",
        "constant-vus", "gracefulStop")
      refused(options([[{ scenarios = { a = { executor = "constant-vus",
        duration = "1s", exec = "nix" } } }]]), 104, "function 'nix'")
      local function only(name, text)
        return options(("{ scenarios = { [%q] = { %s } } }"):format(name, text))
      end
      for _, name in ipairs { "", ("n"):rep(128), "a\r\nb" } do
        refused(only(name, "executor = 'shared-iterations'"), 104, "options.scenarios: the name",
          "1 to 127 characters in one line")
      end
      refused(only("a", "executor = 'per-vu-iterations', iterations = 1 << 62"), 104,
        "options.scenarios.a.iterations must be a whole number from 1 to 1000000000000")
      refused(only("a", "executor = 'ramping-vus', stages = { { '1s', 1 << 62 } }"), 104,
        "stages[1].target must be a whole number from 0 to 1000000000000")
      refused(options("{ maxRedirects = 1 << 32 }"), 104,
        "options.maxRedirects must be a whole number from 0 to 1000")
      refused(options("{ duration = 0 }"), 104, "options.duration must be longer than 0s")
      refused(only("a", "executor = 'shared-iterations', maxDuration = '0s'"), 104,
        "options.scenarios.a.maxDuration must be longer than 0s")
      refused("return { default = print, setup = 1 }", 104,
        "the script's 'setup' must be a function, got number")
      refused(options("{ vus = 100001, duration = '1s' }"), 104,
        "options.vus must be a whole number from 1 to 100000, got 100001")
      for name, least in pairs { vus = 1, preAllocatedVUs = 1, maxVUs = 1, startVUs = 0 } do
        local executor = ({ vus = "constant-vus", startVUs = "ramping-vus" })[name] or
          "constant-arrival-rate"
        refused(only("a", ("executor = %q, %s = 100001"):format(executor, name)), 104,
          ("options.scenarios.a.%s must be a whole number from %d to 100000, got 100001")
          :format(name, least))
      end
      local half = "{ executor = 'constant-vus', vus = 60000, duration = '1s' }"
      refused(options("{ scenarios = { a = " .. half .. ", b = " .. half .. " } }"), 104,
        "more than 100000 virtual users")
    end)

    it("on the command line shows the usage", function()
      local file = script("return { default = function() end }")
      for _, arguments in ipairs {
        "", file .. " -d 10x", file .. " -d 0s", file .. " -u 0",
        file .. " -u x", file .. " -i -1", file .. " -e x", file .. " --nix",
        file .. " " .. file, "''", file .. " ''", "-u 5 compare a.json b.json",
        "-u 5 compare",
      } do
        local code, _, err = load(arguments)
        assert.equal(2, code, arguments)
        assert.truthy(err:find("Try .perilune load %-%-help'"), err)
      end
      local code, _, err = load("/nonexistent.lua")
      assert.equal(104, code)
      assert.truthy(err:find("/nonexistent.lua: No such file", 1, true))
      for target, message in pairs {
        ["''"] = "a script or a URL expected, got ''\n",
        ["-u 5 compare a.json b.json"] = "compare must come first, without the options of " ..
          "a load: perilune load compare A.json B.json\n",
        ["127.0.0.1:80/x"] = "127.0.0.1:80/x: No such file or directory; if it is a URL, " ..
          "it must begin with http:// or https://\n",
      } do
        _, _, err = load(target)
        assert.truthy(err:find("perilune load: " .. message, 1, true), err)
      end
      code, _, err = load("ftp://127.0.0.1/")
      assert.equal(104, code)
      assert.truthy(err:find("must begin with http:// or https://", 1, true))
    end)
  end)

  describe("SIGINT", function()
    local function start(text)
      return support.start { support.perilune, "load", "-q", script(text) }
    end

    it("stops gracefully: iterations end, the summary is printed", function()
      local process = start([[
        local http, t = require "http", require "loadtest"
        return { options = { vus = 3, duration = "60s" },
          default = function()
            http.get("BASE/begin") t.sleep(0.3) http.get("BASE/end")
          end }
      ]])
      wait_for_request("/begin")
      process:signal("INT")
      local code = process:wait(60)
      local out = process:output()
      process:stop()
      assert.equal(105, code)
      local counts = { ["/begin"] = 0, ["/end"] = 0 }
      for _, line in ipairs(served()) do
        local path = line:match("^GET (%S+)")
        counts[path] = counts[path] + 1
      end
      assert.equal(counts["/begin"], counts["/end"])
      assert.equal(counts["/end"] * 2, count_of(out, "http_reqs"))
    end)

    it("sent twice ends it at once, even in a C call without an end", function()
      local process = start([[
        local http = require "http"
        return { default = function()
          http.get("BASE/stuck")
          local text = ("a"):rep(100)
          text:find((".-"):rep(50) .. "b")
        end }
      ]])
      wait_for_request("/stuck")
      interrupt(process)
      assert.truthy(process:alive())
      process:signal("INT")
      assert.equal(105, process:wait(60))
      process:stop()
    end)
  end)

  it("is ended by a second signal, whatever had stopped it before", function()
    local process = support.start { support.perilune, "load", "-q", "-t", "2", script([[
      local http, t = require "http", require "loadtest"
      return { options = { vus = 2, duration = "60s" },
        default = function()
          if t.vu == 1 then
            http.get("BASE/stuck")
            local text = ("a"):rep(100)
            text:find((".-"):rep(50) .. "b")
          end
          t.sleep(0.3)
          t.abort("enough")
        end }
    ]]) }
    support.wait_until(function() return process:output():find("test_aborted") end,
      "the abort", 60)
    interrupt(process)
    process:signal("INT")
    assert.equal(105, process:wait(60))
    process:stop()
  end)

  describe("a function that computes and never waits", function()
    local ENDLESS = [[
      local function f() while true do end end
      local function endless()
        while true do
          pcall(f)
          xpcall(f, f)
        end
      end
    ]]

    it("is interrupted when gracefulStop is over", function()
      local code, out, err = load("-q " .. script(ENDLESS .. [[
        return {
          options = { scenarios = {
            a = { executor = "constant-vus", vus = 3, duration = "300ms",
              gracefulStop = "300ms" } } },
          default = endless,
        }
      ]]))
      assert.equal(0, code, err)
      -- The other virtual users of the thread had no turn before the end.
      assert.truthy(out:find "\n    1 iterations? %a+ interrupted\n", out)
    end)

    it("is interrupted, too, where many short ones hold the thread together", function()
      local code, out, err = load("-q " .. script [[
        return {
          options = { scenarios = {
            a = { executor = "constant-vus", vus = 100, duration = "300ms",
              gracefulStop = "300ms" } } },
          default = function()
            local start = os.clock()
            while os.clock() - start < 0.3 do end
          end,
        }
      ]])
      assert.equal(0, code, err)
      -- Only the iterations that end within a second or two of CPU time, of 100.
      assert.is_true((count_of(out, "iterations") or 0) < 50, out)
      assert.truthy(out:find "\n    1 iteration was interrupted\n", out)
    end)

    it("is interrupted at the first signal, and teardown runs", function()
      local process = support.start { support.perilune, "load", "-q", script(ENDLESS .. [[
        local http = require "http"
        return {
          options = { scenarios = {
            a = { executor = "constant-vus", vus = 1, duration = "60s", gracefulStop = "0s" } } },
          default = function() http.get("BASE/computes") endless() end,
          teardown = function() print "torn down" end,
        }
      ]]) }
      wait_for_request("/computes")
      process:signal("INT")
      assert.equal(105, process:wait(60))
      assert.truthy(process:output():find "torn down")
      process:stop()
    end)

    it("is interrupted when setup's or teardown's time is over", function()
      local code, _, err = load("-q " .. script(ENDLESS .. [[
        return { options = { setupTimeout = "300ms" }, setup = endless,
          default = function() end }
      ]]))
      assert.equal(100, code, err)
      assert.truthy(err:find("setup has not returned within 0.3 s", 1, true), err)
      code, _, err = load("-q " .. script(ENDLESS .. [[
        return { options = { teardownTimeout = "300ms" }, teardown = endless,
          default = function() end }
      ]]))
      assert.equal(101, code, err)
    end)

    it("is no one of thousands of short ones that hold the thread together", function()
      local code, _, err = load("-q -u 1500 -i 1500 " .. script [[
        return { default = function()
          local start = os.clock()
          while os.clock() - start < 0.001 do end
        end }
      ]])
      assert.equal(0, code, err)
      assert.falsy(err:find "vu_computes", err)
    end)

    it("may go on until then", function()
      local code, out, err = load("-q " .. script [[
        return { default = function()
          local start = os.clock()
          while os.clock() - start < 1.6 do end
          print "through"
        end }
      ]])
      assert.equal(0, code, err)
      assert.truthy(out:find "through")
      assert.truthy(err:find "event=vu_computes", err)
    end)
  end)

  it("holds 5,000 virtual users in little memory", function()
    local path = script([[
      local http, t = require "http", require "loadtest"
      return { default = function() t.sleep(1) end }
    ]])
    local function peak_kib(n)
      local process = support.start { support.perilune, "load", "-q", path,
        "-u", tostring(n), "-i", tostring(n) }
      local status, peak = "/proc/" .. process.pid .. "/status", 0
      support.wait_until(function()
        local file = io.open(status)
        local text = file and file:read("a") or ""
        if file then file:close() end
        peak = math.max(peak, tonumber(text:match("VmHWM:%s+(%d+)")) or 0)
        return support.exists(process.status_file)
      end, "its end", 120)
      assert.equal(n, count_of(process:output(), "iterations"))
      assert.equal(0, process:stop())
      return peak
    end
    assert.truthy((peak_kib(5001) - peak_kib(1)) / 5000 < 16)
  end)

  it("runs scripts/load.lua and scripts/load.sh", function()
    local code, out = support.run("PORT=" .. port .. " " ..
      support.quote(support.perilune) .. " load -q " ..
      support.quote(support.source .. "/scripts/load.lua") .. " -u 2 -i 20")
    assert.equal(0, code)
    assert.truthy(out:find("✓ status is 200", 1, true))
    assert.equal(count_of(out, "http_reqs"), #served())
    code, out = support.run("PORT=" .. port .. " REQUESTS=7 sh " ..
      support.quote(support.source .. "/scripts/load.sh"))
    assert.equal(0, code)
    assert.truthy(out:find("requests  7, failed 0", 1, true))
    assert.equal(7, #served())
  end)
end)
