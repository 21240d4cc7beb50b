-- load_profile_spec.lua: the profiles that `perilune load` takes of its target, a
-- real `perilune serve`.
-- Needs: core
local sampling = require "sampling"
local support = require "support"

describe("perilune load --profile", function()
  local folder, server

  setup(function()
    folder = support.new_folder()
    server = support.serve({ "--trust-baggage", support.source .. "/lua" })
  end)

  teardown(function()
    server:stop()
    support.remove_folder(folder)
  end)

  local function load(arguments)
    return support.command("load -q " .. arguments)
  end

  -- Runs a load with a CPU profile of 1 s, then of 2, 4, 8 and 16 s, until the
  -- profile in `folder` has this number of samples: a busy machine gives the target
  -- less CPU time. run(n) runs a load whose profile takes n seconds.
  local function load_until(wanted, run)
    for _, seconds in ipairs { 1, 2, 4, 8, 16 } do
      local code, out, err = run(seconds)
      assert.equal(0, code, err)
      if sampling.read(folder .. "/cpu.pb.gz"):sum "samples" >= wanted then return out end
    end
    error(("a profile of 16 s has less than %d samples"):format(wanted), 2)
  end

  -- Returns the section of one kind: the line with its name, and the lines indented
  -- under this line.
  local function section_of(out, kind)
    local line, rest = out:match("\n    (" .. kind .. "[: ][^\n]+)\n(.*)")
    assert(line, "no section " .. kind .. " in:\n" .. out)
    local lines = {}
    for indented in rest:gmatch("([^\n]*)\n") do
      if not indented:find("^      ") then break end
      lines[#lines + 1] = indented .. "\n"
    end
    return line, table.concat(lines)
  end

  -- Returns the shares of each function in percent.
  local function read_table(text)
    local rows = {}
    for flat, cum, share, name in text:gmatch(
      " ([%d.]+)%% [^\n]- ([%d.]+)%% +([%d.]+)%%  ([^\n]+)\n") do
      rows[name] = { flat = tonumber(flat), cum = tonumber(cum),
        share = tonumber(share) }
    end
    return rows
  end

  it("shows what the saved files say", function()
    local json = folder .. "/summary.json"
    -- string.format has a fifth of the samples; there are 20 functions in any ten
    -- stacks.
    local out = load_until(sampling.samples_to_see(0.15), function(seconds)
      return load(("%s/data -u 4 -d %ds --profile cpu,heap,goroutine --profile-seconds %d " ..
        "--profile-top 1000 --out-dir %s --summary-export %s"):format(server.url, seconds + 1,
        seconds, folder, json))
    end)
    local line, text = section_of(out, "cpu")
    assert.truthy(line:find("in %d+ s from %d+%.%d s on, saved as ") and
      line:find(folder .. "/cpu.pb.gz", 1, true), line)
    local rows, n = read_table(text), 0
    local _, top = support.command("convert --to top " .. folder ..
      "/cpu.pb.gz")
    for flat, cum, name in top:gmatch(
      " ([%d.]+)%% ±[%d.]+ +%S+ +([%d.]+)%% ±[%d.]+ +([^\n]+)\n") do
      local row = assert(rows[name], name)
      assert.near(tonumber(flat), row.flat, 0.051)
      assert.near(tonumber(cum), row.cum, 0.051)
      assert.truthy(row.share >= row.flat and row.share <= row.cum,
        ("%s: flat %g, share %g, cum %g"):format(name, row.flat, row.share,
        row.cum))
      n = n + 1
    end
    assert.truthy(n > 20)
    -- Native functions that string.format calls count for string.format.
    assert.truthy(rows["string.format"].share > rows["string.format"].flat)
    assert.truthy(section_of(out, "heap"):find("MB in use after %d+%.%d s, saved as"))
    assert.truthy(section_of(out, "goroutine"):find("at %d+%.%d s"))
    assert.truthy(support.exists(folder .. "/heap.pb.gz"))
    local text_json = support.read_file(json)
    assert.truthy(text_json:find('"profiles": {"window": {"begin": %d'))
    assert.truthy(text_json:find('"name": "string.format", "flat": %d+, ' ..
      '"own": %d+, "cum": %d+}'))
    assert.truthy(text_json:find('"windows": {"seconds": %[%d+%.%d+'))
    local valid = support.run("python3 -m json.tool " .. json)
    assert.truthy(valid == 0 or valid == 127)
  end)

  it("takes a script's options, and asks whom the script asks", function()
    local path = folder .. "/script.lua"
    support.write_file(path, [[
      local http = require "http"
      return {
        options = { vus = 2, duration = "3s", profile = {
          kinds = { "mutex" }, after = "200ms", seconds = 1, top = 3 } },
        default = function() http.get("]] .. server.url .. [[/data") end,
      }
    ]])
    local code, out, err = load(path .. " --out-dir " .. folder .. "/new")
    assert.equal(0, code, err)
    assert.truthy(section_of(out, "mutex"):find("in 1 s from %d+%.%d s"))
    assert.truthy(support.exists(folder .. "/new/mutex.pb.gz"))
  end)

  it("fits its window to the scenarios whose length is known", function()
    local path = folder .. "/mixed.lua"
    for _, executor in ipairs { "per-vu-iterations", "shared-iterations" } do
      support.write_file(path, ([[
        local http = require "http"
        return {
          options = { scenarios = {
            iterations = { executor = "EXECUTOR" },
            long = { executor = "constant-vus", duration = "2s" },
            short = { executor = "constant-vus", duration = "500ms" } } },
          default = function() http.get("BASE/data") end,
        }
      ]]):gsub("EXECUTOR", executor):gsub("BASE", server.url))
      local code, out, err = load(path .. " --profile threadcreate --out-dir " ..
        folder)
      assert.equal(0, code, err)
      local line = section_of(out, "threadcreate")
      assert.truthy(line:find(" in 1 s from %d+%.%d s on"), line)
    end
  end)

  it("tells endpoints apart, by their names", function()
    local path = folder .. "/endpoints.lua"
    local json = folder .. "/endpoints.json"
    -- The small one has at least a tenth of the samples of both.
    local out = load_until(sampling.samples_to_see(0.1), function(seconds)
      support.write_file(path, ([[
        local http = require "http"
        local url = "%s/data?rows="
        return {
          options = { vus = 2, duration = "%ds", profile = {
            kinds = { "cpu" }, after = 0, seconds = %d } },
          default = function()
            http.get(url .. 5000, { tags = { name = "big, 100 %%" } })
            http.get(url .. 1000)
          end,
        }
      ]]):format(server.url, seconds + 1, seconds))
      return load(path .. " --out-dir " .. folder .. " --summary-export " .. json)
    end)
    local _, text = section_of(out, "cpu")
    local big = text:match("\n      by endpoint\n        big, 100 %% ([%d.]+)%%: ")
    local small = text:match("\n        " .. server.url:gsub("%p", "%%%0") ..
      "/data%?rows=1000 ([%d.]+)%%: ")
    assert.truthy(big and small, text)
    assert.truthy(tonumber(big) > tonumber(small))
    assert.truthy(tonumber(big) + tonumber(small) <= 100.1)
    assert.truthy(support.read_file(json):find(
      '"endpoints": {"big, 100 %": {"total": ', 1, true))
  end)

  it("names a URL by itself", function()
    local out = load_until(1, function(seconds)
      return load(("%s/data?rows=3000 -u 2 -d %ds --profile cpu --profile-seconds %d " ..
        "--profile-after 0s --out-dir %s"):format(server.url, seconds, seconds, folder))
    end)
    assert.truthy(section_of(out, "cpu"))
    assert.truthy(out:find("\n        " .. server.url .. "/data?rows=3000 ", 1,
      true), out)
  end)

  -- Serves data.lua with a change, and judges its profiles. Returns the exit code
  -- and the outputs of the load. A request allocates about 0.6 MB. On a slow machine a
  -- second holds few requests, and those that are cut by its ends change the bytes
  -- per request by a factor of up to five (seen at a load of 40): the bound leaves that room on both
  -- sides, to these and to the 80 MB of the test with garbage.
  local function judge(pattern, replacement)
    local dir = support.new_folder()
    os.execute("cp -r " .. support.quote(support.source) .. "/lua/. " .. dir)
    local text, n = support.read_file(dir .. "/data.lua"):gsub(pattern,
      replacement)
    assert.equal(1, n)
    support.write_file(dir .. "/data.lua", text)
    local target = support.serve { "--heap-rate", "8192", dir }
    support.write_file(dir .. "/load.lua", [[
      local http = require "http"
      return {
        options = { vus = 2, duration = "1500ms",
          thresholds = {
            ["profile_cpu{function:data.round_prices}"] = "share<0.30",
            ["profile_cpu{function:data.answer}"] = "cum_share>0.5",
            ["profile_alloc_bytes"] = { "per_request<8000000",
              "per_request>20000" },
          },
          profile = { kinds = { "cpu", "heap" }, after = "200ms", seconds = 1 },
        },
        default = function() http.get("]] .. target.url .. [[/data") end,
      }
    ]])
    local code, out, err = load(dir .. "/load.lua --out-dir " .. dir)
    target:stop()
    support.remove_folder(dir)
    return code, out, err
  end

  it("fails by a hot spot, and passes without it", function()
    local code, out, err = judge("sort_rows%(rows%)\n  local", "%0")
    assert.equal(0, code, out .. err)
    code, out, err = judge("\nlocal function answer(%b())(.-)\n  sort_rows%(", [[

local function round_prices(rows)
  for _ = 1, 400 do
    for _, row in ipairs(rows) do row.rounded = row.price // 1 * 2 end
  end
end

local function answer%1%2
  round_prices(rows)
  sort_rows(]])
    assert.equal(99, code, out .. err)
    assert.truthy(err:find("profile_cpu{function:data.round_prices} share<0.30",
      1, true), err)
    assert.falsy(err:find("cum_share", 1, true), err)
    assert.falsy(err:find("per_request", 1, true), out)
  end)

  it("fails by garbage", function()
    local code, out, err = judge("\nlocal function answer(%b())(.-)\n  sort_rows%(", [[

local function answer%1%2
  local garbage = ("x"):rep(80000000)
  sort_rows(]])
    assert.equal(99, code, out .. err)
    assert.truthy(err:find("profile_alloc_bytes per_request<8000000", 1, true),
      err)
  end)

  it("sends no baggage unless profiles are taken", function()
    local dir = folder .. "/echo"
    os.execute("mkdir " .. dir)
    support.write_file(dir .. "/routes.lua", [[return {
      ["GET /"] = function(req)
        return req.headers["baggage"] and 400 or 200
      end,
    }]])
    local echo = support.serve { dir }
    local path = folder .. "/plain.lua"
    support.write_file(path, [[
      local http = require "http"
      return { default = function() http.get("]] .. echo.url .. [[/") end }
    ]])
    local function failed(arguments)
      local _, out = load(arguments)
      return out:match("http_req_failed%.+: ([%d.]+)%%")
    end
    local taken = " --profile goroutine --out-dir " .. folder
    assert.equal("0.00", failed(echo.url .. "/ -i 10"))
    assert.equal("0.00", failed(path .. " -i 10"))
    assert.equal("100.00", failed(echo.url .. "/ -i 10" .. taken))
    assert.equal("100.00", failed(path .. " -i 10" .. taken))
    echo:stop()
  end)

  it("does not count its own requests", function()
    -- The load takes 1.5 s, in which the goroutine profile comes, and ends long
    -- before the heap profile does.
    local path = folder .. "/counted.lua"
    support.write_file(path, ([[
      local http, t = require "http", require "loadtest"
      return { default = function() http.get("%s/data") t.sleep(0.05) end }
    ]]):format(server.url))
    local code, out = load(path .. " -i 60 -u 2 --profile goroutine,heap " ..
      "--profile-seconds 600 --out-dir " .. folder)
    assert.equal(0, code)
    assert.truthy(out:find("\n    http_reqs%.+: 60 "))
    assert.truthy(out:find("heap profile: the load ended %d+%.%d s into its 600 s"), out)
    assert.truthy(section_of(out, "goroutine"):find("saved as"))
  end)

  it("says what failed and goes on", function()
    local code, out = load(server.url .. "/data -d 1s -u 1 --profile cpu,wall " ..
      "--out-dir " .. folder .. " --profile-url " .. server.url .. "/nowhere")
    assert.equal(0, code)
    assert.truthy(out:find("\n    cpu profile: 404 Not Found\n" ..
      "    wall profile: 404 Not Found\n", 1, true), out)
    local port = support.free_port()
    code, out = load(server.url .. "/data -d 1s -u 1 --profile cpu " ..
      "--out-dir " .. folder .. " --profile-url http://127.0.0.1:" .. port)
    assert.equal(0, code)
    assert.truthy(out:find("\n    cpu profile: dial: connection refused\n", 1,
      true), out)
  end)

  it("is not waited for after a signal, when the load has ended", function()
    local silent = assert(require("socket").bind("127.0.0.1", 0))
    local _, port = silent:getsockname()
    local path = folder .. "/silent.lua"
    -- The profile is over after 1 s, the load after 1.5 s.
    support.write_file(path, ([[
      local http, t = require "http", require "loadtest"
      return {
        options = { vus = 1, iterations = 15, profile = { kinds = { "cpu" }, after = 0,
          seconds = 1 } },
        default = function()
          http.get("%s/healthz")
          t.sleep(0.1)
          if t.iteration == 14 then print "the last one" io.flush() end
        end,
      }
    ]]):format(server.url))
    local run = support.start { support.perilune, "load", "-q", path, "--out-dir", folder,
      "--profile-url", "http://127.0.0.1:" .. port }
    support.wait_until(function() return run:output():find "the last one" end,
      "the end of the load", 60)
    run:signal "INT"
    assert.equal(105, run:wait(120))
    local line = section_of(run:output(), "cpu")
    assert.truthy(line:find("stopped while its reply was awaited", 1, true), line)
    run:stop()
    silent:close()
  end)

  it("is stopped by a signal, with what it has", function()
    local process = support.start { support.perilune, "load",
      server.url .. "/data", "-d", "30s", "-u", "1", "--profile",
      "cpu,goroutine", "--profile-after", "100ms", "--out-dir",
      folder .. "/signal" }
    support.wait_until(function()
      return support.exists(folder .. "/signal/goroutine.pb.gz")
    end, "the first profile", 25)
    process:signal("INT")
    process:wait(60)
    local out = process:output()
    assert.truthy(out:find("cpu profile: the load ended %d+%.%d s into its 10 s"),
      out)
    assert.truthy(out:find("goroutine: %d+ at %d+%.%d s"), out)
    assert.equal(105, process:stop())
  end)

  for arguments, message in pairs {
    ["-d 5s --profile cpu --profile-after 3s --profile-seconds 3"] =
      "profile: 3 s that begin after 3 s do not fit into a run of 5 s",
    ["-d 500ms --profile cpu"] = "do not fit into a run of 0.5 s",
    ["-d 3s --profile-overhead"] = "a run of 3 s is too short",
    ["-d 5s --profile-top 3"] = "no kinds of profiles are given",
    ["-d 5s --profile cpu --out-dir /proc/x"] = "cannot make the folder '/proc/x'",
  } do
    it("refuses " .. arguments, function()
      local code, out, err = load("http://127.0.0.1:1 " .. arguments)
      assert.equal(104, code)
      assert.equal("", out)
      assert.truthy(err:find(message, 1, true), err)
    end)
  end

  it("knows wrong usage", function()
    for arguments, message in pairs {
      ["--profile cpu,gpu"] = "unknown kind of profile 'gpu'; known are cpu, " ..
        "heap, allocs, wall, block, mutex, goroutine, threadcreate",
      ["--profile cpu --profile-after soon"] = "--profile-after must be a duration",
      ["--profile cpu --profile-seconds 0"] = "whole number from 1 to 3600",
      ["--profile cpu --profile-url here"] = "--profile-url: invalid URL 'here'",
      ["--profile-overhead --profile cpu"] = "takes profiles of its own",
    } do
      local code, _, err = load("http://127.0.0.1:1 " .. arguments)
      assert.equal(2, code)
      assert.truthy(err:find(message, 1, true), err)
    end
  end)

  it("measures the profiler's cost", function()
    local json = folder .. "/overhead.json"
    local code, out, err = load(server.url .. "/data -u 2 -d 4s " ..
      "--profile-overhead --summary-export " .. json)
    assert.equal(0, code, err)
    local n = tonumber(out:match("CPU profiler on and off in turn, (%d+) pair"))
    -- On a busy machine each profile may end before its window does.
    assert.truthy(n or out:find("no pair of windows"), out)
    if n then
      assert.truthy(out:find("requests/s: %d+ on, %d+ off: [+-][%d.]+ %%"))
      assert.truthy(out:find("too few pairs for an interval"))
    end
    assert.truthy(support.read_file(json):find('"profiler_overhead": {"pairs": ',
      1, true))
  end)
end)
