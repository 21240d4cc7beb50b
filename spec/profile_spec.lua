-- profile_spec.lua: CPU profiles of a server under load, read by go tool pprof
-- and by perilune convert; handlers stuck in C; several profiles at once;
-- exporters dropped in beside a running server.
-- Needs: go core
local go_pprof = require "go_pprof"
local raw_http = require "raw_http"
local sampling = require "sampling"
local server_state = require "server_state"
local support = require "support"
local socket = require "socket"

local folder

setup(function() folder = support.new_folder() end)
teardown(function() support.remove_folder(folder) end)

local function pprof(arguments) return go_pprof.read(arguments, folder) end

describe("a server under load", function()
  local server, load

  setup(function()
    server = support.serve({ "--workers", "2",
      support.source .. "/lua" })
    -- The load goes on until it is stopped: go tool pprof may have to be built first,
    -- which takes a minute.
    load = support.start({ support.perilune, "load", server.url .. "/data",
      "-u", "4", "-d", "1h" })
  end)
  teardown(function()
    load:stop()
    server:stop()
  end)

  describe("shows go tool pprof", function()
    local profile, began, ended

    setup(function()
      began = socket.gettime()
      -- Of the functions below, group_rows has the fewest samples: 2 %.
      profile = sampling.gather(sampling.samples_to_see(0.02), 60, function(i)
        local file = ("%s/cpu-%d.pb.gz"):format(folder, i)
        pprof(("-proto -output %s '%s/debug/pprof/profile?seconds=1&rate=1000'")
          :format(file, server.url))
        return sampling.read(file)
      end)
      ended = socket.gettime()
    end)

    it("what it does", function()
      local top = pprof("-top -nodefraction=0 " .. profile:arguments())
      for _, name in ipairs { "data.answer", "data.build_rows",
        "data.sort_rows", "data.compare_rows", "data.group_rows",
        "data.format_row", "data.pack_lines", "table.sort", "string.format",
        "gzip.compress" } do
        assert.is_truthy(top:find(" " .. name .. "\n", 1, true), name .. "\n" .. top)
      end
    end)

    it("how long each profile was", function()
      local n = #profile.files
      assert.is_true(profile.duration >= n * 0.99 and profile.duration <= ended - began,
        ("%d profiles of 1 s: %.3f s of %.3f s"):format(n, profile.duration, ended - began))
      local top = pprof("-top " .. profile:arguments())
      assert.is_truthy(top:find("Duration: [%d.]+m?s, Total samples = [%d.]+m?s"), top)
    end)

    it("lines", function()
      local list = pprof("-list 'data\\.compare_rows' " .. profile:arguments())
      assert.is_truthy(list:find("/lua/data.lua\n", 1, true), list)
      assert.is_truthy(list:find(
        "%d+m?s%s+[%d.]+m?s[^\n]*if a%.price ~= b%.price then return"), list)
    end)

    it("stacks", function()
      -- The innermost function stands first: C functions, then Lua, then the frames
      -- of the thread.
      local traces = pprof("-traces " .. profile:arguments())
      local order = {}
      local stack = traces:match("table%.sort\n(.-)%-%-%-")
      for name in stack:gmatch("%s+([^\n]+)\n") do order[#order + 1] = name end
      assert.are.equal("data.sort_rows", order[1])
      assert.are.equal("data.answer", order[2])
      local native = table.concat(order, " ")
      assert.is_truthy(native:find("uv_run.*start_thread"), traces)
    end)

    it("the labels route, method and worker", function()
      local tags = pprof("-tags " .. profile:arguments())
      assert.is_truthy(tags:find("route: .-\n[^\n]*: /data\n"), tags)
      assert.is_truthy(tags:find("method: .-\n[^\n]*: GET\n"), tags)
      assert.is_truthy(tags:find("worker: .-\n[^\n]*: [12]\n"), tags)
    end)
  end)

  it("answers three profiles of different length and rate at once", function()
    local queries = { "seconds=1&rate=1000", "seconds=2", "seconds=3&rate=10" }
    local rates, merged = { 1000, 100, 10 }, {}
    --- Returns the CPU time of the server until now, in seconds. The kernel counts
    -- it in ticks of 10 ms.
    local function cpu_seconds()
      local user, system = support.read_file(("/proc/%d/stat"):format(server.pid))
        :match("%) " .. ("%S+ "):rep(11) .. "(%d+) (%d+)")
      return (user + system) / 100
    end
    --- Takes the three profiles, and adds each profile i to merged[i].
    local function round()
      local before, connections, profiles = cpu_seconds(), {}, {}
      for i, query in ipairs(queries) do
        connections[i] = raw_http.begin(server.port, "/debug/pprof/profile?" .. query)
      end
      for i, connection in ipairs(connections) do
        local file = ("%s/at-once-%d.pb.gz"):format(folder, i)
        support.write_file(file, connection:finish())
        profiles[i] = sampling.read(file)
      end
      local used = cpu_seconds() - before
      local last_begin, first_end = 0, math.huge
      for i, profile in ipairs(profiles) do
        local raw = pprof("-raw " .. profile.files[1])
        assert.are.equal(1e9 // rates[i], tonumber(raw:match("Period: (%d+)")))
        assert.is_true(profile.duration >= i * 0.99, i .. " s: " .. profile.duration)
        -- If one profile waited for another, it would begin at the end of the other.
        last_begin = math.max(last_begin, profile.time)
        first_end = math.min(first_end, profile.time + profile.duration)
        -- The time that a sample stands for begins up to a period before the profile.
        local most = used + 0.02 + 4 / rates[i]
        assert.is_true(profile:sum("cpu") / 1e9 <= most,
          ("%.3f s of %.3f s"):format(profile:sum("cpu") / 1e9, most))
        if merged[i] then merged[i]:add(profile) else merged[i] = profile end
      end
      assert.is_true(last_begin < first_end)
      return profiles[3]
    end
    -- The handler has 90 % of the samples; 30 points less are still more than
    -- half. The slowest of the three profiles has the fewest samples.
    sampling.gather(sampling.samples_for(0.9, 0.3), 20, round)
    for _, profile in ipairs(merged) do
      assert.is_true(profile:share("samples", "data.answer") > 0.5)
    end
  end)

  it("ends the session of a client that leaves", function()
    local client = raw_http.begin(server.port, "/debug/pprof/profile?seconds=1000&rate=1000")
    server_state.wait_for_profiles(server, 1)
    client:close()
    server_state.wait_for_profiles(server, 0)
    -- The timers of all threads run at the highest rate of any open session. A
    -- session of its own, with one sample a second, shows that the timers no longer
    -- fire a thousand times a second. A busy machine can only lower the number.
    local status, body = support.request(server.url ..
      "/debug/pprof/profile?seconds=1&rate=1&format=folded&sample_index=samples")
    assert.are.equal(200, status)
    local samples = 0
    for value in body:gmatch(" (%d+)\n") do samples = samples + value end
    assert.is_true(samples <= 12, samples .. " samples")
  end)

  it("serves an exporter that is dropped in, refuses a broken one", function()
    local dir = support.new_folder()
    local other = support.serve({ "--exporters", dir, support.source .. "/lua" })
    local url = other.url .. "/debug/pprof/heap?format="
    local status, body = support.request(url .. "mine")
    assert.are.equal(400, status)
    assert.is_truthy(body:find("unknown format 'mine': there are folded, pprof",
      1, true))
    support.write_file(dir .. "/mine.lua", [[return { api = 1, name = "mine",
      extension = ".txt", content_type = "text/x-mine", description = "mine",
      export = function(profile, out) out:write("mine alone\n") end }]])
    local headers
    status, body, headers = support.request(url .. "mine")
    assert.are.equal(200, status)
    assert.are.equal("mine alone\n", body)
    assert.are.equal("text/x-mine", headers["content-type"])
    support.write_file(dir .. "/mine.lua", "return { api = 1 }")
    status, body = support.request(url .. "mine")
    assert.are.equal(400, status)
    assert.is_truthy(body:find(
      "exporter 'mine.lua': field 'name' must be a string, got nil", 1, true),
      body)
    assert.are.equal(200, (support.request(url .. "folded")))
    other:stop()
    support.remove_folder(dir)
  end)

  -- The exporter waits for a byte in a pipe. The time limit of exporters does not end
  -- a C function, so the wait ends when the test writes the byte.
  it("answers others while an exporter file loads", function()
    local dir = support.new_folder()
    local path, begun = dir .. "/pipe", dir .. "/begun"
    assert.are.equal(0, (support.run("mkfifo " .. path)))
    local pipe = assert(io.open(path, "r+"))
    support.write_file(dir .. "/slow.lua", ([[
      io.open("%s", "w"):close()
      local pipe = io.open "%s"
      if pipe then pipe:read(1) end
      return { api = 1, name = "slow", extension = ".txt",
        content_type = "text/plain", description = "slow",
        export = function(_, out) out:write "slow" end }]]):format(begun, path))
    local other = support.serve({ "--exporters", dir, support.source .. "/lua" })
    finally(function() -- also if the test fails
      pipe:close()
      other:signal "KILL"
      support.remove_folder(dir)
    end)
    local clients = {}
    for i = 1, 6 do -- more than libuv's pool has threads
      clients[i] = raw_http.begin(other.port, "/debug/pprof/heap?format=slow")
    end
    support.wait_until(function() return support.exists(begun) end,
      "the exporter's load")
    clients[6]:close()
    for target, expected in pairs {
      ["/healthz"] = 200,                           -- the admin thread
      ["/nothing"] = 404,                           -- a worker
      ["/debug/pprof/symbol"] = 200,                -- a thread of the pool
      ["/debug/pprof/nothing"] = 404,
      ["/debug/pprof/goroutine?debug=2"] = 200,     -- needs no exporter
    } do
      assert.are.equal(expected,
        raw_http.begin(other.port, target):read_reply().status, target)
    end
    os.remove(path) -- the export itself finds no pipe
    pipe:write "x"
    pipe:flush()
    for i = 1, 5 do
      assert.are.equal("slow", clients[i]:finish())
    end
    assert.are.equal(0, other:stop())
  end)

  it("is read by perilune convert from its URL", function()
    local profile = sampling.gather(1, 60, function()
      local file = folder .. "/from-url.pb.gz"
      local code, _, err = support.command(
        ("convert '%s/debug/pprof/profile?seconds=1' --to pprof -o %s")
        :format(server.url, file))
      assert.are.equal(0, code, err)
      return sampling.read(file)
    end, "data.answer")
    assert.is_true(profile:sum("cpu", "data.answer") > 0)
    local code, _, err = support.command(
      ("convert '%s/debug/pprof/profile?format=x' --to folded"):format(server.url))
    assert.are.equal(1, code)
    assert.is_truthy(err:find("status 400: unknown format 'x'", 1, true), err)
  end)
end)

--- Starts a server with one worker and these routes. Returns the server and its
-- folder.
local function serve(routes)
  local dir = support.new_folder()
  support.write_file(dir .. "/routes.lua", routes)
  return support.serve({ "--workers", "1", dir }), dir
end

describe("a handler that C code calls back into", function()
  it("has each frame once", function()
    -- req:json is a C function that calls json.decode on the running coroutine.
    local server, dir = serve [[
      local function decode_often(req)
        while not io.open(req.query.stop) do
          for _ = 1, 10 do req:json() end
        end
      end
      return { ["POST /decode"] = function(req)
        decode_often(req)
        return "done"
      end }]]
    local stop = dir .. "/stop"
    local client = raw_http.begin(server.port, "/decode?stop=" .. stop,
      { method = "POST", body = "[" .. ("1234.5,"):rep(20000) .. "1]" })
    -- The handler has 98 % of the samples; 8 points less are still 90 %.
    local profile = sampling.gather_from(server, "profile?seconds=1&rate=1000", dir,
      sampling.samples_for(0.98, 0.08), 60, "routes.decode_often")
    support.write_file(stop, "")
    assert.are.equal("done", client:finish())
    assert.are.equal(0, server:stop())
    support.remove_folder(dir)
    local twice = profile:sum("samples", function(sample)
      return sample.stack:find(";routes.decode_often;.*;routes.decode_often;") ~= nil
    end)
    assert.is_true(profile:share("samples", "routes.decode_often") > 0.9)
    assert.are.equal(0, twice)
  end)
end)

describe("a handler stuck in one C call", function()
  it("is named, with the Lua function that called it", function()
    local server, dir = serve [[
      local function match_for_minutes()
        return (("a"):rep(260):find(".-.-.-.-b"))
      end
      return { ["GET /stuck"] = function()
        return tostring(match_for_minutes())
      end }]]
    local stuck = "routes.match_for_minutes;string.find"
    local client = raw_http.begin(server.port, "/stuck")
    server_state.wait_for_tasks(server, stuck)
    local began = socket.gettime()
    -- The handler has 99 % of the samples; 4 points less are still 95 %.
    local profile = sampling.gather_from(server, "profile?seconds=1&rate=1000", dir,
      sampling.samples_for(0.99, 0.04), 60)
    local took = socket.gettime() - began
    client:close()
    server:signal("KILL")
    server:stop()
    support.remove_folder(dir)
    assert.is_true(profile:share("samples", stuck) > 0.95)
    -- One thread cannot use more CPU time than the time that passes.
    local seconds = profile:sum("cpu", stuck) / 1e9
    assert.is_true(seconds > 0 and seconds <= took, seconds .. " of " .. took)
  end)
end)
