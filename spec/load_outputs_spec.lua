-- load_outputs_spec.lua: the files of `perilune load -o` are read back and compared
-- with the summary of the same run.
local support = require "support"

local ROUTES = [[
return {
  ["GET /data"] = function() return "hello" end,
  ["GET /gone"] = function() return 410, "gone" end,
}
]]

-- A script for `perilune run`: reads JSON lines, and prints the number and the sum of
-- the points of each metric, by some of their tags.
local COUNT = [[
local json = require "json"
local known, counts, sums, order = {}, {}, {}, {}
for line in io.lines(arg[1]) do
  local at = json.decode(line)
  if at.type == "Metric" then
    assert(not known[at.metric], "a metric is described twice")
    assert(at.data.name == at.metric)
    known[at.metric] = at.data.type .. " " .. at.data.contains
  else
    assert(at.type == "Point" and known[at.metric], line)
    assert(at.data.time:match("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d+Z$"))
    local tags = at.data.tags
    local key = table.concat({ at.metric, known[at.metric], tags.name or "-",
      tags.status or "-", tags.group or "-", tags.scenario or "-",
      tags.check or "-", tags.run or "-", tags.own or "-" }, "|")
    if not counts[key] then
      counts[key], sums[key], order[#order + 1] = 0, 0, key
    end
    counts[key] = counts[key] + 1
    sums[key] = sums[key] + at.data.value
  end
end
table.sort(order)
for _, key in ipairs(order) do print(key, counts[key], sums[key]) end
]]

describe("perilune load -o", function()
  local folder, server

  setup(function()
    folder = support.new_folder()
    os.execute("mkdir " .. folder .. "/lua")
    support.write_file(folder .. "/lua/routes.lua", ROUTES)
    support.write_file(folder .. "/count.lua", COUNT)
    server = support.serve { "--workers", "1", folder .. "/lua" }
    support.write_file(folder .. "/script.lua", ([[
      local http, t = require "http", require "loadtest"
      local size, odd = t.Counter("my_size"), t.Trend("odd")
      local M = { options = { vus = 6, iterations = 300, tags = { run = "r1" } } }
      function M.default()
        t.group("a, \"b\"", function()
          local res = http.get("BASE/data", { tags = { name = "data" } })
          t.check(res, { ok = res.status == 200 }, { own = "x" })
        end)
        http.get("BASE/gone")
        size:add(2, { own = 7 })
        for _, v in ipairs { -12.3456789, 0.00000051, 1e12, -1e-9 } do odd:add(v) end
      end
      return M
    ]]):gsub("BASE", server.url))
  end)

  teardown(function()
    server:stop()
    support.remove_folder(folder)
  end)

  local function load(arguments)
    local code, out, err = support.command("load -q " .. folder ..
      "/script.lua " .. arguments)
    assert.equal(0, code, out .. err)
    assert.equal("", err)
    return out
  end

  local function read_points(path)
    local code, out, err = support.command("run " .. folder .. "/count.lua " .. path)
    assert.equal(0, code, err)
    local points = {}
    for key, n, sum in out:gmatch("([^\n]-)\t(%d+)\t([%d.e+-]+)\n") do
      points[key] = { n = tonumber(n), sum = tonumber(sum) }
    end
    return points
  end

  it("json= has every sample with its tags, whatever the threads", function()
    for _, arguments in ipairs { "-t 1 -o json=" .. folder .. "/a.json",
      "-t 3 -o json=" .. folder .. "/a.json.gz" } do
      local out = load(arguments)
      if arguments:find("gz", 1, true) then
        assert.equal(0, support.run("gzip -dc " .. folder .. "/a.json.gz >" ..
          folder .. "/a.json"))
      end
      local points = read_points(folder .. "/a.json")
      local tags = "|data|200|::a, \"b\"|default|-|r1|-"
      local gone = "|" .. server.url .. "/gone|410||default|-|r1|-"
      for _, metric in ipairs { "http_reqs|counter default",
        "http_req_duration|trend time", "http_req_latency|trend time",
        "http_req_blocked|trend time", "http_req_waiting|trend time",
        "http_req_failed|rate default", "data_sent|counter data" } do
        assert.equal(300, points[metric .. tags].n, metric)
        assert.equal(300, points[metric .. gone].n, metric)
      end
      assert.equal(0, points["http_req_failed|rate default" .. tags].sum)
      assert.equal(300, points["http_req_failed|rate default" .. gone].sum)
      local check = points["checks|rate default|-|-|::a, \"b\"|default|ok|r1|x"]
      assert.same({ n = 300, sum = 300 }, check)
      assert.same({ n = 300, sum = 600 },
        points["my_size|counter default|-|-||default|-|r1|7"])
      assert.equal(300, points["iterations|counter default|-|-||default|-|r1|-"].n)
      assert.equal(300, points['group_duration|trend time|-|-|::a, "b"|default|-|r1|-'].n)
      local vus = points["vus|gauge default|-|-|-|-|-|r1|-"]
      assert.truthy(vus and vus.n >= 1)
      -- The sum agrees with the summary, within the digits that the summary prints.
      local sent = points["data_sent|counter data" .. tags].sum +
        points["data_sent|counter data" .. gone].sum
      assert.truthy(out:find("http_reqs%.+: 600 "))
      local shown, unit = out:match("data_sent%.+: ([%d.]+) (k?B)")
      assert.truthy(math.abs(sent / (unit == "kB" and 1000 or 1) - shown) <= 0.5)
    end
  end)

  it("json= tells requests apart that could not be sent", function()
    local path = folder .. "/refused.lua"
    support.write_file(path, [[
      local http = require "http"
      return { default = function()
        http.get("http://a b/", { tags = { name = "first" } })
        http.get("http://c d/", { tags = { name = "second" } })
        http.batch { { "GET", "http://e f/", nil, { tags = { name = "third" } } } }
        http.batch { x = "http://g h/" }
      end }
    ]])
    local code, _, err = support.command(("load -q %s -o json=%s/refused.json")
      :format(path, folder))
    assert.equal(0, code, err)
    local points = read_points(folder .. "/refused.json")
    for _, name in ipairs { "first", "second", "third", "http://g h/" } do
      local point = points["http_reqs|counter default|" .. name .. "|0||default|-|-|-"]
      assert.equal(1, point and point.n, name)
    end
  end)

  it("csv= has k6's columns", function()
    load("-t 2 -o csv=" .. folder .. "/a.csv")
    local n, seen = 0, {}
    for line in io.lines(folder .. "/a.csv") do
      n = n + 1
      if n == 1 then
        assert.equal("metric_name,timestamp,metric_value,check,error," ..
          "error_code,expected_response,group,method,name,proto,scenario," ..
          "service,status,subproto,tls_version,url,extra_tags,metadata", line)
      end
      local shape = line:gsub("%d%d%d%d%d%d%d%d%d%d", "TIME", 1)
      seen[shape] = (seen[shape] or 0) + 1
    end
    -- At least the points that -o json has: 12 of each request, 2 of the iteration,
    -- and one each of checks, group_duration and my_size.
    assert.truthy(n > 300 * (24 + 2 + 3), n)
    assert.equal(300, seen['http_reqs,TIME,1.000000,,,,true,"::a, ""b""",GET,' ..
      "data,HTTP/1.1,default,,200,,,data,run=r1,"])
    assert.equal(300, seen["http_reqs,TIME,1.000000,,,1410,false,,GET," ..
      server.url .. "/gone,HTTP/1.1,default,,410,,," .. server.url ..
      "/gone,run=r1,"])
    assert.equal(300, seen['checks,TIME,1.000000,ok,,,,"::a, ""b""",,,,default' ..
      ",,,,,,own=x&run=r1,"])
    assert.equal(300, seen["my_size,TIME,2.000000,,,,,,,,,default,,,,,," ..
      "own=7&run=r1,"])
    for _, value in ipairs { "-12.345679", "0.000001", "1000000000000.000000",
      "-0.000000" } do
      assert.equal(300, seen["odd,TIME," .. value ..
        ",,,,,,,,,default,,,,,,run=r1,"], value)
    end
  end)

  it("hgrm= has the percentiles of latency and duration", function()
    local out = load("-o hgrm=" .. folder .. "/a.hgrm")
    for file, metric in pairs { ["a.hgrm"] = "http_req_latency",
      ["a.duration.hgrm"] = "http_req_duration" } do
      local text = support.read_file(folder .. "/" .. file)
      assert.equal("       Value     Percentile TotalCount 1/(1-Percentile)",
        text:match("^[^\n]+"))
      local last_value, last_quantile, last_count, rows = -1, -1, 0, 0
      for value, quantile, count in
        text:gmatch("\n +([%d.]+) ([%d.]+) +(%d+)") do
        value, quantile, count = tonumber(value), tonumber(quantile), tonumber(count)
        assert.truthy(value >= last_value and quantile > last_quantile and
          count >= last_count, text)
        assert.truthy(count >= quantile * 600 - 1e-6, text)
        last_value, last_quantile, last_count = value, quantile, count
        rows = rows + 1
      end
      assert.truthy(rows > 20)
      assert.equal(600, last_count)
      assert.equal(1, last_quantile)
      assert.equal(600, tonumber(text:match("Total count +=%s+(%d+)")))
      local max = tonumber(text:match("#%[Max +=%s+([%d.]+)"))
      local shown, unit = out:match(metric ..
        "%.+:[^\n]- max=([%d.]+)([mµ]*s)")
      shown = shown * ({ s = 1000, ms = 1, ["µs"] = 1e-3 })[unit]
      assert.truthy(math.abs(max - shown) <= 0.006 * shown + 0.001, max .. " " .. shown)
    end
  end)

  it("summary= has how the run went over time", function()
    local json = folder .. "/series.json"
    local code, out, err = support.command(("load -q %s/data -u 4 -d 1200ms " ..
      "-t 2 --summary-export %s"):format(server.url, json))
    assert.equal(0, code, err)
    support.write_file(folder .. "/series.lua", [[
      local s = require("json").decode(io.open(arg[1]):read("a")).series
      local n, requests, seconds, vus, max, cpu = #s.at, 0, 0, 0, 0, 0
      for _, column in pairs(s) do assert(#column == n) end
      for i = 1, n do
        requests, seconds = requests + s.requests[i], seconds + s.seconds[i]
        vus, max = math.max(vus, s.vus[i]), math.max(max, s.max[i])
        assert(s.med[i] <= s["p(90)"][i] and s["p(99.9)"][i] <= s.max[i])
        cpu = cpu + s.generator_cores[i] * s.seconds[i]
        assert(i == 1 or s.at[i] > s.at[i - 1])
      end
      assert(cpu > 0 and cpu <= 2 * seconds * 1.05) -- of two threads
      print(n, requests, seconds, vus, max)
    ]])
    code, out, err = support.command("run " .. folder .. "/series.lua " .. json)
    assert.equal(0, code, err)
    local n, requests, seconds, vus, max = out:match(
      "^(%d+)\t([%d.]+)\t([%d.]+)\t([%d.]+)\t([%d.]+)\n$")
    local text = support.read_file(json)
    assert.equal(tonumber(text:match('"http_reqs": {"count": (%d+)')),
      tonumber(requests))
    assert.equal(4, tonumber(vus))
    assert.truthy(math.abs(tonumber(max) / text:match(
      '"http_req_latency": {.-"max": ([%d.]+)') - 1) < 1e-5)
    -- The buckets cover all of the run, which takes at least 1.2 s.
    assert.truthy(tonumber(seconds) >= 1.19, seconds)
    assert.truthy(tonumber(n) >= 2, n)
  end)

  -- Thread 2 takes no part in one scenario, and in the other scenario it has nothing
  -- to do or ends at once.
  it("summary= tells the time that some threads had nothing to do", function()
    for _, busy in ipairs { "vus = 1", "vus = 2" } do
      support.write_file(folder .. "/idle.lua", ([[
        local http, t = require "http", require "loadtest"
        return { options = { scenarios = {
            busy = { executor = "constant-vus", vus = 1, duration = "2500ms" },
            brief = { executor = "per-vu-iterations", VUS, exec = "nothing" } } },
          default = function() http.get("BASE/data") t.sleep(0.01) end,
          nothing = function() end }
      ]]):gsub("BASE", server.url):gsub("VUS", busy))
      local json = folder .. "/idle.json"
      local code, _, err = support.command(("load -q %s/idle.lua -t 2 -o summary=%s -o html=%s/idle.html")
        :format(folder, json, folder))
      assert.equal(0, code, err)
      local text = support.read_file(json)
      local function sum(section, name)
        local all = 0
        local list = text:match('"' .. section .. '": {.-"' .. name .. '": %[([^%]]*)%]')
        for number in list:gmatch("[%d.]+") do all = all + number end
        return all
      end
      -- The run takes at least 2.5 s, of which one thread alone would see half.
      assert.truthy(sum("series", "seconds") >= 2.2, sum("series", "seconds"))
      -- Windows lie between ticks at 0.15, 1.15 and 2.15 s, which may be late: 2 s,
      -- of which one thread alone would see 1 s.
      assert.truthy(sum("windows", "seconds") >= 1.3, sum("windows", "seconds"))
    end
  end)

  it("leaves stdout a picture of the latencies of all requests", function()
    local out, n, rows = load "", 0, 0
    local section = out:match("LATENCY http_req_latency, up to\n(.-)\n\n")
    for count in section:gmatch("%%  (%d+)\n?") do
      n, rows = n + count, rows + 1
    end
    assert.equal(600, n)
    assert.equal(12, rows)
  end)

  it("summary= is JSON whatever a script adds up", function()
    support.write_file(folder .. "/great.lua", [[
      local great = require("loadtest").Counter("great")
      return { default = function() great:add(1e308) great:add(1.5e308) end }
    ]])
    support.write_file(folder .. "/read.lua", [[
      local read = require("json").decode(io.open(arg[1]):read("a"))
      assert(read.metrics.great.count >= 1e308)
    ]])
    local json = folder .. "/great.json"
    local code, _, err = support.command(("load -q %s/great.lua -o summary=%s")
      :format(folder, json))
    assert.equal(0, code, err)
    code, _, err = support.command(("run %s/read.lua %s"):format(folder, json))
    assert.equal(0, code, err)
  end)

  it("goes to --out-dir, where a file has no folder", function()
    local dir = folder .. "/new"
    load("--out-dir " .. dir .. " -o hgrm=x.hgrm -o json=" .. folder ..
      "/y.json --summary-export s.json --summary-trend-stats 'med,p(99.99)'")
    for _, path in ipairs { dir .. "/x.hgrm", dir .. "/x.duration.hgrm",
      folder .. "/y.json", dir .. "/s.json" } do
      assert.truthy(support.exists(path), path)
    end
    local text = support.read_file(dir .. "/s.json")
    assert.truthy(text:find('"http_req_duration": {"med": [%d.]+, "p%(99.99%)": [%d.]+}'))
    assert.truthy(text:find('"data": {"requests": 300, "failed": 0, "med": '), text)
    assert.truthy(text:find('/gone": {"requests": 300, "failed": 300, ', 1, true), text)
  end)

  it("does not take the root for an empty --out-dir", function()
    local code, _, err = support.command("load -q " .. server.url ..
      "/data -i 1 --out-dir '' -o json=a.json")
    assert.equal(2, code)
    assert.truthy(err:find("--out-dir must be a folder, got ''", 1, true), err)
  end)

  it("says what is wrong before any load is sent", function()
    local function refused(arguments, expected, ...)
      local code, out, err = support.command("load -q " .. folder ..
        "/script.lua " .. arguments)
      assert.equal(expected, code, err)
      assert.equal("", out)
      for _, text in ipairs { ... } do
        assert.truthy(err:find(text, 1, true), err)
      end
    end
    refused("-o xml=a", 2, "--out: 'xml=a' is no output", "json=FILE, csv=FILE")
    refused("-o json", 2, "--out: 'json' is no output")
    refused("-o json=", 2, "'json=' is no output")
    refused("--summary-trend-stats p95", 2, "'p95' is not one of avg, min")
    refused("-o json=" .. folder, 1, "cannot write '" .. folder .. "': Is a directory")
  end)

  it("makes no folder but --out-dir", function()
    local kept, missing = folder .. "/kept.json", folder .. "/missing"
    support.write_file(kept, "kept")
    for _, kind in ipairs { "-o json=", "-o csv=", "-o hgrm=", "-o html=",
      "--summary-export " } do
      local path = missing .. "/x"
      local code, out, err = support.command(("load -q %s/data -i 1 " ..
        "-o json=%s %s%s --out-dir %s/unused"):format(server.url, kept, kind,
        path, folder))
      assert.equal(1, code, kind .. err)
      assert.equal("", out)
      assert.truthy(err:find(("cannot write '%s': the folder '%s' does not exist")
        :format(path, missing), 1, true), err)
      assert.falsy(support.exists(missing))
      assert.falsy(support.exists(folder .. "/unused"))
      assert.equal("kept", support.read_file(kept))
    end
    local code, _, err = support.command(("load -q %s/data -i 1 -o json=a.json " ..
      "--out-dir %s/a/b"):format(server.url, missing))
    assert.equal(1, code)
    assert.truthy(err:find("cannot make the folder '" .. missing .. "/a/b'", 1,
      true), err)
  end)

  it("says when a file could not be written to its end", function()
    if not support.exists("/dev/full") then pending("there is no /dev/full") end
    local code, out, err = support.command("load -q " .. folder ..
      "/script.lua -o json=/dev/full")
    assert.equal(1, code)
    assert.truthy(out:find("http_reqs%.+: 600 "))
    assert.truthy(err:find("/dev/full: No space left on device", 1, true), err)
  end)

  it("bounds the values of the tag name", function()
    local path, json = folder .. "/many.lua", folder .. "/many.json"
    support.write_file(path, ([[
      local http, t = require "http", require "loadtest"
      return { default = function()
        for i = 1, 1500 do http.get("BASE/data", { tags = { name = "n" .. i } }) end
      end }
    ]]):gsub("BASE", server.url))
    local code, _, err = support.command("load -q " .. path ..
      " --summary-export " .. json)
    assert.equal(0, code)
    assert.truthy(err:find("more than 1000 values of the tag 'name'", 1, true), err)
    local text = support.read_file(json)
    assert.truthy(text:find('"n1000": {"requests": 1, ', 1, true))
    assert.truthy(text:find('"other": {"requests": 500, ', 1, true))
  end)
end)
