-- report_spec.lua: the HTML report of a load test. The reports of invented runs are
-- compared as text; the report of a real run is compared in a real browser with the
-- numbers of --summary-export.
-- Needs: openssl chromium core
local browser = require "browser"
local support = require "support"

local quote = support.quote
local exporters = support.source .. "/exporters/"

-- A text that would be markup, a script or a link if it were not escaped.
local HOSTILE = {
  "</style><img src=x onerror=alert(1)>", "<script>alert(1)</script>",
  "\"'><svg onload=alert(1)>", "</title></svg></table><b>", "&lt;b&gt;&amp;",
  "\u{202E}evil", "a\0b\27[31m\127", "\xff\xfe\xc3", "javascript:alert(1)",
  "]]>-->", ("x"):rep(3000),
}

local function bucket(with)
  local b = { span = 0.1, cpu = 0.02, requests = 100, iterations = 100,
    dropped = 0, failures = {}, least_rate = 1000, greatest_rate = 1000, lag = 0,
    vus = 5, late = 0, p50 = 1, p90 = 2, p99 = 5, p999 = 8, max = 9 }
  for key, value in pairs(with or {}) do b[key] = value end
  return b
end

-- Returns a profile with the methods that exporters use, from stacks that are written
-- "leaf;...;root value".
local function make_profile(stacks, files)
  local names, ids, samples = {}, {}, {}
  for i, stack in ipairs(stacks) do
    local frames, value = stack:match("^(.*) (%d+)$")
    local locations = {}
    for name in frames:gmatch("[^;]+") do
      if not ids[name] then
        names[#names + 1] = name
        ids[name] = #names
      end
      locations[#locations + 1] = ids[name]
    end
    samples[i] = { locations, { tonumber(value) } }
  end
  return {
    header = function()
      return { sample_types = { { type = "cpu", unit = "nanoseconds" } },
        default_sample_type = "" }
    end,
    counts = function() return #samples, #names, #names, 0 end,
    sample = function(_, i) return samples[i][1], samples[i][2], {} end,
    location = function(_, id)
      return { mapping = 0, address = 0, lines = { { func = id, line = 1 } } }
    end,
    func = function(_, id)
      return { name = names[id], system_name = names[id], start_line = 1,
        filename = files and files(names[id]) or "" }
    end,
  }
end

local function make_run(with)
  local run = {
    title = "test.lua", target = "http://127.0.0.1:1", version = "0",
    started = 0, seconds = 1,
    requests = { count = 1000, rate = 1000, failed = 0 },
    generator = { threads = 1, cpu = 0.2, busy = 0.2 },
    scenarios = { { name = "s", executor = "constant-vus", vus = 5, start = 0,
      duration = 1, iterations = 0, is_open = false, from = 0, stages = {} } },
    thresholds = {}, latency = { { quantile = 0, value = 1 },
      { quantile = 0.5, value = 2 }, { quantile = 1, value = 9 } },
    duration = { { quantile = 0, value = 1 }, { quantile = 1, value = 8 } },
    endpoints = { { name = "e", count = 1000, failed = 1, p50 = 1, p99 = 5,
      max = 9 } },
    checks = { { group = "g", name = "c", passed = 1, failed = 1 } },
    metrics = { { name = "m", kind = "gauge", unit = "plain", value = 1,
      least = 1, greatest = 1, count = 1 } },
    statuses = { { status = 200, count = 999 } },
    errors = { { code = 1050, text = "timeout", count = 1 } },
    script_errors = 0, interrupted = 0,
    series = { width = 0.1, failures = {}, buckets = {} },
  }
  for i = 1, 10 do run.series.buckets[i] = bucket() end
  for key, value in pairs(with or {}) do run[key] = value end
  return run
end

-- Returns the page. The hash of the style sheet is a fixed text.
local function render(run)
  local path = package.path
  package.path = exporters .. "?.lua;" .. path
  local parts = {}
  local out = { write = function(self, text)
    parts[#parts + 1] = text
    return self
  end }
  local ok, why = pcall(function()
    require "report.html" (run, out, function() return "HASH" end)
  end)
  package.path = path
  assert(ok, why)
  return table.concat(parts)
end

local KNOWN_TAGS, KNOWN_ATTRIBUTES = {}, {}
for tag in ([[html head meta title style body header h1 h2 h3 strong span bdi p
  section figure figcaption ul li svg path rect text a div table thead tbody tr th
  td code]]):gmatch "%w+" do
  KNOWN_TAGS[tag] = true
end
for name in ([[lang charset content http-equiv name class id href scope
  data-value viewBox role aria-label aria-hidden d x y width height]])
  :gmatch "[%w-]+" do
  KNOWN_ATTRIBUTES[name] = true
end

-- Checks that every `<` begins an element that the report makes, and that all
-- elements are closed.
local function check_markup(page)
  assert.truthy(utf8.len(page), "not UTF-8")
  local stack = {}
  page = page:gsub("^<!DOCTYPE html>", ""):gsub("<style>.-</style>", "")
  for slash, tag, attributes in page:gmatch "<(/?)([^%s/>]*)([^>]*)>" do
    assert.truthy(KNOWN_TAGS[tag], "an element '" .. tag .. "'")
    if slash == "/" then
      assert.equal(table.remove(stack), tag)
    elseif tag ~= "meta" then
      stack[#stack + 1] = tag
    end
    local rest = attributes:gsub(' ([%w-]+)="[^"<>]*"', function(name)
      assert.truthy(KNOWN_ATTRIBUTES[name], "an attribute '" .. name .. "'")
      return ""
    end)
    assert.equal("", rest)
  end
  assert.same({}, stack)
  local _, opened = page:gsub("<", "")
  local _, elements = page:gsub("</?[%w]+[^<>]*>", "")
  assert.equal(opened, elements)
end

describe("the HTML report", function()
  it("begins with the verdict", function()
    local function headline(with)
      return render(make_run(with)):match("<h1.->(.-)</h1>"):gsub("<.->", "")
    end
    local function threshold(failed)
      return { metric = "m", condition = "p(95)<1", bound = 1, value = 2,
        unit = "time", judged = true, failed = failed, note = "" }
    end
    assert.truthy(headline():find("^■ DONE, no thresholds · test.lua · 1 s · " ..
      "1,000 requests · 1,000/s$"))
    assert.truthy(headline { thresholds = { threshold(false), threshold(true) },
      seconds = 90.2, title = "a/b/c.lua",
      requests = { count = 12345, rate = 136.86, failed = 3 } }
      :find("^✗ FAILED 1 of 2 thresholds · c.lua · 1 m 30 s · " ..
        "12,345 requests · 137/s · 3 failed$"))
    assert.truthy(headline { thresholds = { threshold(false) } }
      :find("^✓ PASSED 1 threshold · "))
    assert.truthy(headline { ended = "by a signal" }
      :find("^■ ENDED by a signal · "))
  end)

  it("is the same for the same run", function()
    assert.equal(render(make_run()), render(make_run()))
  end)

  it("makes no element of a name, and stays well-formed", function()
    -- Every text of the run is replaced by the hostile one.
    local function poison(value, text)
      if type(value) ~= "table" then
        return type(value) == "string" and text or value
      end
      local copy = {}
      for key, v in pairs(value) do
        local kept = key == "kind" or key == "unit" or key == "executor"
        copy[key] = kept and v or poison(v, text)
      end
      return copy
    end
    for _, text in ipairs(HOSTILE) do
      local run = poison(make_run { thresholds = { { metric = "m",
        condition = "p(95)<1", bound = 1, value = 2, unit = "time",
        judged = true, failed = true, first_failed = 0.5, note = "n",
        is_latency = true } } }, text)
      run.series.failures = { text, text }
      for _, b in ipairs(run.series.buckets) do b.failures = { 1, 2 } end
      run.profiles = { window = { begin = 0.2, seconds = 0.5 }, list = {
        { kind = "cpu", type = "cpu", unit = "nanoseconds", file = text,
          total = 10, functions = { { name = text, own = 5, flat = 5, cum = 10 } },
          endpoints = { { name = text, total = 10,
            functions = { { name = text, own = 5 } } } },
          profile = make_profile({ text:gsub("[;]", ",") .. ";root 10" },
            function() return text end) },
        { kind = "heap", error = text } } }
      check_markup(render(run))
    end
  end)

  it("counts iterations that failed or were interrupted", function()
    for n, words in pairs { [1] = { "1 iteration", "was" }, [2] = { "2 iterations", "were" } } do
      local run = make_run()
      run.script_errors, run.interrupted = n, n
      local page = render(run)
      assert.truthy(page:find("failed in " .. words[1] .. ".", 1, true))
      assert.truthy(page:find(words[1] .. " " .. words[2] .. " interrupted.", 1, true))
    end
  end)

  it("has a chart for a run of any length", function()
    local function lines(run)
      local page = render(run)
      check_markup(page)
      local n = 0
      for d in page:gmatch '<path class="line s%d" d="([^"]*)"' do
        assert.truthy(d:find("^M[%d.]+ [%d.]+[HL]") or d:find("h0.5$"), d)
        n = n + 1
      end
      return n, page
    end
    local function with_buckets(n, width, make)
      local buckets = {}
      for i = 1, n do buckets[i] = make and make(i) or bucket() end
      return make_run { seconds = n * width,
        series = { width = width, failures = {}, buckets = buckets } }
    end
    assert.truthy(lines(with_buckets(1, 0.1)) >= 8)
    assert.truthy(lines(with_buckets(600, 0.1)) >= 8)
    assert.truthy(lines(with_buckets(600, 12.8)) >= 8)
    -- The target stands still for a while: there are no latencies, and a gap.
    local _, page = lines(with_buckets(30, 0.1, function(i)
      if i < 11 or i > 20 then return bucket() end
      local b = bucket { requests = 0, late = 300 }
      b.p50, b.p90, b.p99, b.p999, b.max = nil, nil, nil, nil, nil
      return b
    end))
    assert.truthy(page:find('<path class="line s1" d="M[^"M]+M[^"M]+"'))
    -- The run has sent no request.
    local none = make_run { latency = {}, duration = {},
      requests = { count = 0, rate = 0, failed = 0 },
      series = { width = 0.1, failures = {}, buckets = {} }, endpoints = {} }
    assert.truthy(render(none):find("too short for a chart", 1, true))
  end)

  it("keeps the least and the most of merged time", function()
    local run = make_run()
    run.series.buckets[4] = bucket { least_rate = 10, greatest_rate = 9000 }
    local page = render(run)
    assert.truthy(page:find("least and most", 1, true))
    assert.truthy(page:find(">10,000<", 1, true)) -- the axis has room for it
    assert.falsy(render(make_run()):find("least and most", 1, true))
  end)

  it("draws a flame graph whose boxes are as wide as their shares", function()
    local function file(name) return name:find("^data") and "/x/data.lua" or "" end
    local run = make_run { profiles = { window = { begin = 0, seconds = 1 },
      list = { { kind = "cpu", type = "cpu", unit = "nanoseconds", total = 100e6,
        functions = {}, endpoints = {}, profile = make_profile({
          "memmove;string.format;data.rows;main 60000000",
          "luaC_step;data.rows;main 30000000", "read;main 10000000",
        }, file) } } } }
    local page = render(run)
    check_markup(page)
    local boxes = {}
    for x, y, width, title, kind in page:gmatch('<svg height="16" width=' ..
      '"([%d.]+)%%" x="([%d.]+)%%" y="(%d+)"><title>(.-)\n.-class="(%w+)"') do
      boxes[title:match("^%S+")] = { tonumber(x), tonumber(y), tonumber(width),
        kind }
    end
    -- { width, x, y, kind }
    assert.same({ 100, 0, 0, "native" }, boxes.main)
    assert.same({ 90, 0, 17, "lua" }, boxes["data.rows"])
    assert.same({ 60, 0, 34, "c" }, boxes["string.format"])
    assert.same({ 60, 0, 51, "native" }, boxes.memmove)
    assert.same({ 30, 60, 34, "gc" }, boxes.luaC_step)
    assert.same({ 10, 90, 17, "native" }, boxes.read)
    assert.truthy(page:find("garbage collection 30 %", 1, true))
    assert.truthy(page:find("60 ms = 60 % of all, itself 60 %", 1, true) or
      page:find("60.0 ms = 60 % of all, itself 60 %", 1, true))
  end)

  it("tells what came within the window from what was there at its end", function()
    local function profile(kind, fields)
      fields.kind, fields.unit, fields.total = kind, "bytes", 2e6
      fields.functions, fields.endpoints = {}, {}
      fields.profile = make_profile { "f 2000000" }
      return fields
    end
    local page = render(make_run { profiles = {
      window = { begin = 61.5, seconds = 2 }, list = {
        profile("allocs", { type = "cpu" }),
        profile("heap", { type = "cpu", is_in_use = true }),
        profile("goroutine", { type = "cpu", is_snapshot = true }) } } })
    check_markup(page)
    for kind, words in pairs { allocs = "in 2 s from 01:01.5 on",
      heap = "in use at 01:03.5", goroutine = "at 01:01.5" } do
      local said = page:match('id="profile%-' .. kind .. '".-<p>(.-)</p>')
      assert.truthy(said:find("MB " .. words, 1, true), said)
    end
  end)

  it("draws deep stacks, and says what it leaves out", function()
    local deep = {}
    for i = 1, 5000 do deep[i] = "f" end
    local page = render(make_run { profiles = {
      window = { begin = 0, seconds = 1 }, list = { { kind = "cpu",
        type = "cpu", unit = "nanoseconds", total = 2001, functions = {},
        endpoints = {}, profile = make_profile {
          table.concat(deep, ";") .. " 2000", "small;g 1" } } } } })
    check_markup(page)
    assert.truthy(page:find("calls of less than 0.1 %, or deeper than 80 rows",
      1, true))
  end)
end)

describe("the HTML report of a real run", function()
  local folder, server, page, summary, file
  local browses, why_not = browser.find()

  local SCRIPT = [[
    local http, t = require "http", require "loadtest"
    local BASE, HOSTILE = t.env.BASE, "</style><img src=x onerror=alert(1)>"
    return {
      options = {
        thresholds = {
          http_req_failed = "rate<0.01",
          http_req_latency = { "p(99)<60000", "p(50)<60000" },
          ["http_reqs{name:" .. HOSTILE .. "}"] = "count>1",
        },
        scenarios = {
          data = { executor = "constant-vus", vus = 4, duration = "2500ms" },
          [HOSTILE] = { executor = "shared-iterations", vus = 2,
            iterations = 40, exec = "wrong" },
        },
        profile = { kinds = { "cpu", "heap" }, after = "1s", seconds = 1 },
      },
      default = function()
        t.check(http.get(BASE .. "/data", { tags = { name = "data" } }),
          { ok = function(r) return r.status == 200 end })
        t.sleep(0.01)
      end,
      wrong = function()
        t.group(HOSTILE, function()
          t.check(http.get(BASE .. "/nothing", { tags = { name = HOSTILE } }),
            { [HOSTILE] = false })
        end)
      end,
    }
  ]]

  setup(function()
    folder = support.new_folder()
    server = support.serve { "--trust-baggage" }
    file = folder .. "/report.html"
    support.write_file(folder .. "/test.lua", SCRIPT)
    local code, _, err = support.run(("BASE=%s %s load -q %s -o html=%s " ..
      "--summary-export %s --out-dir %s"):format(server.url,
      quote(support.perilune), folder .. "/test.lua", file,
      folder .. "/summary.json", folder))
    assert(code == 99, err)
    page = support.read_file(file)
    summary = support.read_file(folder .. "/summary.json")
  end)

  teardown(function()
    server:stop()
    support.remove_folder(folder)
  end)

  -- Returns a field of a metric of the summary.
  local function expected(metric, field)
    local object = summary:match('"' .. metric:gsub("%p", "%%%0") ..
      '": ({[^}]*})')
    assert(object, metric)
    return assert(tonumber(object:match('"' .. field:gsub("%p", "%%%0") ..
      '": ([%d.e+-]+)')), metric .. " " .. field)
  end

  it("is well-formed, without an element made of a name", function()
    check_markup(page)
    assert.truthy(page:find("&lt;/style&gt;&lt;img src=x", 1, true))
  end)

  it("allows its own style sheet alone", function()
    local css = page:match("<style>(.-)</style>")
    support.write_file(folder .. "/style.css", css)
    local _, hash = support.run("openssl dgst -sha256 -binary " .. folder ..
      "/style.css | openssl base64")
    local policy = page:match('Security%-Policy".-') and
      page:match('content="(default%-src[^"]*)"')
    assert.equal("default-src &#39;none&#39;; style-src &#39;sha256-" ..
      hash:gsub("%s", "") .. "&#39;; base-uri &#39;none&#39;; form-action " ..
      "&#39;none&#39;", policy)
  end)

  it("cannot be written where there is no place for it", function()
    local code, _, err = support.command("load -q " .. server.url ..
      "/healthz -i 1 -o html=/proc/nowhere/x.html")
    assert.equal(1, code)
    assert.truthy(err:find("/proc/nowhere", 1, true), err)
  end)

  it("is what it says to a browser's parser, which has no complaint", function()
    if support.run("command -v chromium >/dev/null") ~= 0 then
      return pending "chromium is not installed"
    end
    local code, dom, log = support.run("timeout 60 chromium --headless " ..
      "--no-sandbox --disable-gpu --enable-logging=stderr --user-data-dir=" ..
      folder .. "/chromium --dump-dom file://" .. file)
    assert.equal(0, code, log)
    assert.falsy(log:find("CONSOLE"), log)
    assert.falsy(log:find("Content Security Policy"), log)
    for tag in dom:gsub("<style>.-</style>", ""):gsub("<!DOCTYPE html>", "")
      :gmatch "</?([^%s/>]*)" do
      assert.truthy(KNOWN_TAGS[tag], tag)
    end
    assert.equal(expected("http_reqs", "count"),
      tonumber(dom:match('data%-value="(%d+)" id="requests"')))
  end)

  it("shows the summary's numbers in a browser", function()
    if not browses then return pending(why_not) end
    local out = browser.run("report.js", file,
      os.getenv("PERILUNE_SCREENSHOTS"))
    local found, rows = {}, {}
    for key, value in out:gmatch "([^ \n]+) ([^\n]*)\n" do
      found[key] = value
      rows[key] = rows[key] or {}
      table.insert(rows[key], value)
    end
    for _, key in ipairs { "console", "error", "request", "dialog" } do
      assert.falsy(rows[key], key .. " " .. (found[key] or ""))
    end
    -- A browser's parser has made no other elements.
    for tag in found.tags:gmatch "[^,]+" do
      assert.truthy(KNOWN_TAGS[tag], tag)
    end
    for name in found.attributes:gmatch "[^,]+" do
      assert.falsy(name:find("^on") or name == "style" or name == "src", name)
    end
    assert.truthy(found.title:find("^✗ FAILED 1 of 4 thresholds"), found.title)
    assert.equal(expected("http_reqs", "count"), tonumber(found.requests))
    assert.equal(expected("http_reqs", "rate"), tonumber(found.rate))
    local function number(list, row, column)
      for _, text in ipairs(rows[list]) do
        local cells = {}
        for cell in (text .. " | "):gmatch "(.-) | " do
          cells[#cells + 1] = cell
        end
        if cells[1] == row then return tonumber(cells[column]) end
      end
    end
    for i, field in ipairs { "avg", "min", "med", "p(90)", "p(95)", "p(99)",
      "p(99.9)", "max" } do
      for _, metric in ipairs { "http_req_duration", "http_req_latency",
        "http_req_waiting", "iteration_duration" } do
        assert.equal(expected(metric, field), number("trends", metric, i + 2))
      end
    end
    for _, metric in ipairs { "http_req_failed", "checks" } do
      assert.equal(expected(metric, "value"), number("metrics", metric, 3))
    end
    assert.equal(expected("iterations", "count"),
      number("metrics", "iterations", 3))
    assert.equal(40, number("endpoints",
      "</style><img src=x onerror=alert(1)>", 2))
    assert.equal(expected("http_reqs", "count") - 40,
      number("endpoints", "data", 2))
    assert.equal(2, #rows.checks)
    assert.equal(4, #rows.thresholds)
    assert.truthy(rows.thresholds[1]:find("✗ | http_req_failed | rate<0.01", 1,
      true))
    assert.truthy(tonumber(found.charts) >= 5)
    assert.equal("0", found.emptyCharts)
    assert.falsy(found.profiles:find("No profile", 1, true), found.profiles)
    assert.truthy(tonumber(found.boxes) > 0, found.profiles)
    assert.equal("0", found.spilled)
    for scheme, colours in pairs {
      light = "rgb(255, 255, 255) rgb(26, 26, 26)",
      dark = "rgb(22, 24, 29) rgb(244, 244, 242)",
    } do
      for _, width in ipairs { 1400, 600 } do
        -- The 0 says that nothing is wider than the window.
        assert.equal(colours .. " 0", found["look." .. scheme .. "." .. width])
      end
    end
  end)
end)
