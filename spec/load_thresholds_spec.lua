-- load_thresholds_spec.lua: thresholds and sub-metrics, and their sections in the
-- summary. The real program runs against the real server.
local support = require "support"

local ROUTES = [[
local function spin()
  local n = 0
  for i = 1, 3e5 do n = n + i % 7 end
  return tostring(n)
end
return {
  ["GET /spin"] = function() return (spin()) end,
  ["GET /data"] = function() return "hello" end,
  ["GET /slow"] = function() require("scheduler").sleep(0.05) return "late" end,
}
]]

describe("thresholds", function()
  local folder, server

  setup(function()
    folder = support.new_folder()
    os.execute("mkdir " .. folder .. "/lua")
    support.write_file(folder .. "/lua/routes.lua", ROUTES)
    server = support.serve { "--workers", "1", folder .. "/lua" }
  end)

  teardown(function()
    server:stop()
    support.remove_folder(folder)
  end)

  -- Runs a script with these options and this body of the default function.
  local function load(options, body, arguments)
    local path = folder .. "/script.lua"
    support.write_file(path, ([[
      local http, t = require "http", require "loadtest"
      local count = t.Counter("my_count")
      local M = { options = OPTIONS }
      function M.default()
        BODY
      end
      return M
    ]]):gsub("OPTIONS", (options:gsub("%%", "%%%%"))):gsub("BODY",
      body or 'http.get("BASE/data")'):gsub("BASE", server.url))
    return support.command("load -q " .. path .. " " .. (arguments or "-i 20"))
  end

  local function assert_in_order(out, patterns)
    local at = 1
    for _, pattern in ipairs(patterns) do
      local first, last = out:find(pattern, at)
      assert.truthy(first, "not found in order: " .. pattern .. "\n" .. out)
      at = last
    end
  end

  it("that hold end with 0, crossed ones with 99", function()
    local code, out, err = load [[{ thresholds = {
      http_req_failed = "rate<0.01", checks = "rate>0.9",
      http_reqs = { "count==20", "rate>0" },
      http_req_duration = { "p(95)<60000", "max<60000" },
    } }]]
    assert.equal(0, code, out .. err)
    assert.equal("", err)
    code, out, err = load [[{ thresholds = {
      http_reqs = { "count==20", "count>20" },
    } }]]
    assert.equal(99, code)
    assert.truthy(err:find("thresholds were crossed:\n  http_reqs count>20\n",
      1, true), err)
    assert_in_order(out, { "\n  █ THRESHOLDS\n\n    http_reqs\n" ..
      "    ✓ 'count==20' count=20\n    ✗ 'count>20' count=20\n\n",
      "█ TOTAL RESULTS" })
  end)

  it("select samples by their tags, of system and script", function()
    local json = folder .. "/summary.json"
    local code, out = load([[{ tags = { run = "r1" }, thresholds = {
      ["http_reqs{name:data}"] = "count==20",
      ["http_reqs{status:404}"] = "count==20",
      ["http_reqs{expected_response:false, method:GET}"] = "count==20",
      ["http_reqs{scenario:default,run:r1}"] = "count==60",
      ["http_reqs{group:::outer::inner}"] = "count==20",
      ["http_reqs{kind:special}"] = "count==20",
      ["http_reqs{url:BASE/data?x}"] = "count==20",
      ["http_reqs{name:nobody}"] = "count==0",
      ["http_req_duration{expected_response:true}"] = "max>0",
      ["checks{check:status}"] = "rate==1",
      ["checks{of:it}"] = "rate==0.5",
      ["my_count{color:red}"] = "count==20",
      my_count = "count==60",
      ["group_duration{group:::outer}"] = "max>=0",
      ["iterations{scenario:default}"] = "count==20",
      ["iterations{scenario:other}"] = "count>0",
    } }]], [[
      local res = http.get("BASE/data", { tags = { name = "data", kind = "special" } })
      t.check(res, { status = res.status == 200, never = false }, { of = "it" })
      t.group("outer", function() t.group("inner", function()
        http.get("BASE/data?x")
      end) end)
      http.get("BASE/missing")
      count:add(1, { color = "red" })
      count:add(2, { color = "blue" })
    ]], "-i 20 --summary-export " .. json)
    assert.equal(99, code)
    local _, held = out:gsub("✓ '", "")
    local _, crossed = out:gsub("✗ '", "")
    assert.equal(15, held, out)
    assert.equal(1, crossed, out)
    assert_in_order(out, {
      "    iterations{scenario:other}\n    ✗ 'count>0' count=0\n",
      "    my_count\n    ✓ 'count==60' count=60\n\n      {color:red}\n" ..
        "      ✓ 'count==20' count=20\n",
      "checks_succeeded%.+: 50.00%% 20 out of 40\n" ..
        "      { check:status }%.+: 100.00%% 20 out of 20\n" ..
        "      { of:it }%.+: 50.00%% 20 out of 40\n    checks_failed",
      "CUSTOM\n    my_count%.+: 60 .-\n      { color:red }%.+: 20 ",
      "    http_reqs%.+: 60 ", "      { name:nobody }%.+: 0 ",
    })
    local text = support.read_file(json)
    assert.truthy(text:find('"my_count{color:red}": {"count": 20, "rate": ' ..
      '[%d.]+, "thresholds": {"count==20": false}}'), text)
    assert.truthy(text:find('"iterations{scenario:other}": {"count": 0, ' ..
      '"rate": 0, "thresholds": {"count>0": true}}', 1, true), text)
  end)

  it("end the run early with abortOnFail, after its delay", function()
    local code, out = load([[{ vus = 2, duration = "60s", thresholds = {
      http_reqs = { { "count<5", abortOnFail = true } },
    } }]], 'http.get("BASE/slow")', "")
    assert.equal(99, code)
    assert.truthy(out:find("✗ 'count<5' count=%d"), out)
    local n = tonumber(out:match("http_reqs%.+: (%d+)"))
    assert.truthy(n >= 5 and n < 1000, out)

    code, out = load([[{ vus = 2, duration = "2500ms", thresholds = {
      http_reqs = { { "count<5", abortOnFail = true, delayAbortEval = "1h" } },
    } }]], 'http.get("BASE/slow")', "")
    assert.equal(99, code)
    local count, rate = out:match("http_reqs%.+: (%d+) +([%d.]+)/s")
    assert.truthy(count / rate >= 2.4, out)
    assert.equal(0, select(2, out:gsub("interrupted", "")), out)
  end)

  it("of the target's profiles are judged at the end", function()
    local code, out, err = load([[{ vus = 2, duration = "3s", thresholds = {
      ["profile_cpu{function:routes.spin}"] = { "share>0.3", "share<0.3" },
      ["profile_cpu{function:nobody}"] = "share<0.3",
    } }]], 'http.get("BASE/spin", { tags = { name = "spin" } })',
      "--out-dir " .. folder)
    assert.equal(99, code, out .. err)
    assert_in_order(out, { "    profile_cpu{function:nobody}\n" ..
      "    ✓ 'share<0.3' share=0.00%% %(the profile has no function 'nobody'; ",
      "    profile_cpu{function:routes.spin}\n    ✓ 'share>0.3' share=%d+%.%d+%%\n" ..
      "    ✗ 'share<0.3' share=%d+%.%d+%%\n" })
    assert.truthy(err:find("profile_cpu{function:routes.spin} share<0.3\n", 1, true))
  end)

  it("refuses what is wrong before any load is sent", function()
    local function refused(options, ...)
      local code, out, err = load(options)
      assert.equal(104, code, err)
      assert.equal("", out)
      for _, text in ipairs { ... } do
        assert.truthy(err:find(text, 1, true), err)
      end
    end
    refused([[{ thresholds = { http_req_durations = "avg<1" } }]],
      "there is no metric 'http_req_durations'", "http_req_duration", "my_count")
    refused([[{ thresholds = { http_reqs = "p(95)<1" } }]],
      "options.thresholds['http_reqs']", "a Counter has no 'p(95)', but count, rate")
    refused([[{ thresholds = { my_count = "value>1" } }]], "a Counter has no 'value'")
    refused([[{ thresholds = { http_reqs = "count is 5" } }]],
      "options.thresholds['http_reqs']: 'count is 5' is not a threshold",
      '"p(95)<200"')
    refused([[{ thresholds = { http_req_duration = "p(95)<200ms" } }]],
      "not a number (times are in milliseconds")
    refused([[{ thresholds = { ["http_reqs{name}"] = "count>1" } }]],
      "a tag must be key:value")
    refused([[{ thresholds = "rate<1" }]], "options.thresholds must be a table")
    refused([[{ thresholds = { checks = { "rate<1", abort = true } } }]],
      "unknown field 'abort'", "abortOnFail")
    refused([[{ tags = { a = {} } }]], "options.tags: the value of 'a' must be")
    refused([[{ thresholds = { profile_cpux = "share<1" } }]],
      "options.thresholds['profile_cpux']", "alloc_bytes or a kind of profile: cpu")
    refused([[{ thresholds = { ["profile_cpu{route:x}"] = "share<1" } }]],
      "a profile has no tag 'route', only function and name")
    refused([[{ summaryTrendStats = { "p95" } }]],
      "options.summaryTrendStats: 'p95' is not one of avg, min, med, max")
  end)

  it("has a summary of the columns that are asked for", function()
    local _, out = load [[{ summaryTrendStats = { "max", "p(99.99)", "count" } }]]
    assert.truthy(out:find("http_req_duration%.+: max=%S+ +p%(99.99%)=%S+ +count=20\n"),
      out)
  end)
end)
