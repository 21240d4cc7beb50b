-- load_compare_spec.lua: `perilune load compare` on summaries made by hand,
-- whose differences are known.
local support = require "support"

describe("perilune load compare", function()
  local folder

  setup(function() folder = support.new_folder() end)
  teardown(function() support.remove_folder(folder) end)

  local function write(name, text)
    local path = folder .. "/" .. name
    support.write_file(path, text)
    return path
  end

  -- Returns a list of n numbers that differ from `middle` by up to 2 %, unordered.
  local function list(n, middle)
    local values = {}
    for i = 1, n do
      values[i] = ("%.3f"):format(middle * (1 + (i * 7 % 11 - 5) / 250))
    end
    return "[" .. table.concat(values, ", ") .. "]"
  end

  -- Returns the text of a summary. `o` has rate, ms, failed, windows, own, profile.
  local function summary(o)
    local windows = o.windows or 20
    local function values(middle) return list(windows, middle) end
    local function of(n) return list(n and windows or 0, n or 0) end
    local columns = {}
    for i, column in ipairs { "avg", "med", "p(90)", "p(95)", "p(99)",
      "p(99.9)" } do
      columns[i] = ('"%s": %s'):format(column, values(o.ms * i))
    end
    return ([[{
      "metrics": {
        "http_reqs": {"count": %d, "rate": %g},
        "http_req_failed": {"value": 0, "passes": %d, "fails": 0},
        "http_req_duration": {"avg": %g, "min": 0.1, "med": %g, "max": 99,
          "p(90)": %g, "p(95)": %g, "p(99)": %g, "p(99.9)": %g}},
      "windows": {"seconds": %s, "requests": %s, "failed": %s, %s},
      "profiles": {"kinds": {"cpu": %s, "heap": {"error": "403 Forbidden"}}}
    }]]):format(o.rate * 20, o.rate, o.failed or 0, o.ms, o.ms * 2, o.ms * 3,
      o.ms * 4, o.ms * 5, o.ms * 6,
      "[" .. ("1, "):rep(windows):sub(1, -3) .. "]", of(o.rate), values(0),
      table.concat(columns, ", "),
      o.profile or ([[{"file": "cpu.pb.gz", "type": "cpu", "unit": "nanoseconds",
        "total": 1000, "samples": 500, "functions": [
          {"name": "hot", "flat": 1, "own": %d, "cum": 900, "samples": %d},
          {"name": "same", "flat": 1, "own": 100, "cum": 100, "samples": 50}]}]])
        :format(o.own or 300, (o.own or 300) // 2))
  end

  local function compare(a, b, arguments)
    return support.command("load compare " .. a .. " " .. b .. " " ..
      (arguments or ""))
  end

  -- Returns the verdict of a row and the columns before the verdict.
  local function row(out, name)
    local columns, verdict = out:match("\n +" .. name:gsub("%p", "%%%0") ..
      " ([^\n]+)   ([^\n]+)\n")
    return assert(verdict, name .. " is not in\n" .. out), columns
  end

  it("tells what differs", function()
    local a = write("a.json", summary { rate = 1000, ms = 1 })
    local b = write("b.json", summary { rate = 1100, ms = 1.2, failed = 400,
      own = 450 })
    local code, out, err = compare(a, b)
    assert.equal(0, code, err)
    local verdict, columns = row(out, "requests/s")
    assert.equal("higher", verdict)
    assert.truthy(columns:find(" 1000 +1100 +%+10.0 %% +%+%d.%d to %+1%d.%d %%"),
      columns)
    assert.equal("more", (row(out, "failed")))
    assert.equal("slower", (row(out, "avg")))
    assert.equal("slower", (row(out, "p(99.9)")))
    assert.equal("not tested: one value", (row(out, "max")))
    verdict, columns = row(out, "hot")
    assert.equal("more", verdict)
    assert.truthy(columns:find("30.0 %% +45.0 %% +%+15.0 pts"), columns)
    assert.equal("no significant difference", (row(out, "same")))
    assert.truthy(out:find("heap profile: shares of functions\n" ..
      "    A has none: 403 Forbidden\n    B has none: 403 Forbidden\n", 1, true))
    _, out = compare(b, a)
    assert.equal("lower", (row(out, "requests/s")))
    assert.equal("fewer", (row(out, "failed")))
    assert.equal("faster", (row(out, "p(99)")))
    assert.equal("less", (row(out, "hot")))
  end)

  it("says of noise that it is noise", function()
    local a = write("a.json", summary { rate = 1000, ms = 1, failed = 30 })
    local b = write("b.json", summary { rate = 1003, ms = 0.998, failed = 35,
      own = 310 })
    local _, out = compare(a, b)
    local _, n = out:gsub("no significant difference", "")
    assert.equal(10, n, out) -- in all rows but min and max, which are not tested
  end)

  it("does not test what it cannot", function()
    local a = write("a.json", summary { rate = 1000, ms = 1, windows = 3 })
    local b = write("b.json", summary { rate = 2000, ms = 1 })
    local _, out = compare(a, b)
    for _, name in ipairs { "requests/s", "avg", "p(99)" } do
      assert.equal("not tested: 3 and 20 windows, 5 of each needed", (row(out, name)))
    end
    local k6 = write("k6.json", [[{"metrics": {
      "http_reqs": {"count": 5, "rate": 2.5},
      "http_req_duration": {"avg": 2, "min": 1, "med": 2, "max": 3,
        "p(90)": 3, "p(95)": 3}}}]])
    local code
    code, out = compare(k6, b)
    assert.equal(0, code)
    assert.equal("not tested: a file without windows", (row(out, "med")))
    assert.falsy(out:find("p(99)", 1, true)) -- k6 has none
    assert.truthy(out:find("cpu profile: shares of functions\n" ..
      "    only B has one\n", 1, true))
  end)

  it("shows as many functions as asked", function()
    local a = write("a.json", summary { rate = 1, ms = 1 })
    local _, out = compare(a, a, "-n 1")
    assert.truthy(out:find("hot", 1, true))
    assert.falsy(out:find("same", 1, true))
  end)

  it("says which file is wrong, and why", function()
    local good = write("good.json", summary { rate = 1, ms = 1 })
    for text, message in pairs {
      ['{"metrics": '] = "bad.json: json: line 1, column 13: ",
      ["[1, 2]"] = "bad.json: not the summary of a load test: metrics is missing",
      ["3"] = "metrics is missing",
      ['{"metrics": {}}'] = "metrics.http_reqs is missing",
      ['{"metrics": {"http_reqs": {"count": 1}}}'] =
        "metrics.http_req_duration is missing; write one with --summary-export",
      [""] = "bad.json: json: line 1, column 1: ",
    } do
      local bad = write("bad.json", text)
      for _, files in ipairs { { good, bad }, { bad, good } } do
        local code, out, err = compare(files[1], files[2])
        assert.equal(1, code)
        assert.equal("", out)
        assert.truthy(err:find(message, 1, true), err)
        assert.equal(1, select(2, err:gsub("\n", "")))
      end
    end
    local code, _, err = compare(good, folder .. "/none.json")
    assert.equal(1, code)
    assert.truthy(err:find("none.json: No such file or directory", 1, true))
    -- The summary has the right shape but wrong types in it.
    local odd = write("odd.json", [[{"metrics": {"http_reqs": {"count": "x"},
      "http_req_duration": {"avg": null}}, "windows": {"seconds": [1, 2],
      "requests": [1], "failed": "no"}, "profiles": {"kinds": {"cpu": {
      "functions": [1, {"own": 2}, {"name": "f"}]}}}}]])
    assert.equal(0, (compare(odd, good)))
  end)

  it("knows wrong usage, and helps", function()
    for _, arguments in ipairs { "", "a.json", "a b c", "a b --top 0" } do
      local code, _, err = support.command("load compare " .. arguments)
      assert.equal(2, code)
      assert.truthy(err:find("perilune load compare: ", 1, true), err)
    end
    local code, out = support.command("load compare --help")
    assert.equal(0, code)
    assert.truthy(out:find("A.json B.json", 1, true))
  end)
end)
