-- profile_spec.lua: the main job. A server under load, its CPU profile by
-- go tool pprof and by perilune convert; handlers stuck in C; several profiles
-- at once; exporters dropped in beside a running server.
-- Needs: go
local raw_http = require "raw_http"
local support = require "support"
local socket = require "socket"

local folder

setup(function() folder = support.new_folder() end)
teardown(function() support.remove_folder(folder) end)

--- go tool pprof with its files in our folder.
local function pprof(arguments)
  local code, out, err = support.run(
    ("PPROF_TMPDIR=%s go tool pprof %s"):format(folder, arguments))
  assert(code == 0, err)
  return out
end

--- Folded text: its total and the share of the stacks that match a pattern.
local function share(text, pattern)
  local total, matching = 0, 0
  for stack, value in text:gmatch("([^\n]*) (%d+)\n") do
    total = total + value
    if stack:find(pattern) then matching = matching + value end
  end
  return matching / total, total
end

describe("a server under load", function()
  local server, load

  setup(function()
    server = support.serve({ "--workers", "2",
      support.source .. "/lua" })
    load = support.start({ support.perilune, "load", server.url .. "/data",
      "-u", "4", "-d", "60s" })
  end)
  teardown(function()
    load:stop()
    server:stop()
  end)

  it("shows go tool pprof what it does", function()
    local file = folder .. "/cpu.pb.gz"
    local top = pprof(("-top -nodefraction=0 '%s/debug/pprof/profile?seconds=5'")
      :format(server.url))
    for _, name in ipairs { "data.answer", "data.build_rows", "data.sort_rows",
      "data.compare_rows", "data.group_rows", "data.format_row",
      "data.pack_lines", "table.sort", "string.format", "gzip.compress" } do
      assert.is_truthy(top:find(" " .. name .. "\n", 1, true), name .. "\n" .. top)
    end
    local seconds = tonumber(top:match("Duration: ([%d.]+)s"))
    assert.is_true(seconds >= 4.9 and seconds < 7)

    pprof(("-proto -output %s '%s/debug/pprof/profile?seconds=2'")
      :format(file, server.url))
    assert.is_true(#support.read_file(file) > 1000)

    local list = pprof("-list 'data\\.compare_rows' " .. file)
    assert.is_truthy(list:find("/lua/data.lua\n", 1, true), list)
    assert.is_truthy(list:find(
      "%d+m?s%s+[%d.]+m?s[^\n]*if a%.price ~= b%.price then return"), list)

    -- Innermost first: C, Lua, and out to where the thread began.
    local traces = pprof("-traces " .. file)
    local order = {}
    local stack = traces:match("table%.sort\n(.-)%-%-%-")
    for name in stack:gmatch("%s+([^\n]+)\n") do order[#order + 1] = name end
    assert.are.equal("data.sort_rows", order[1])
    assert.are.equal("data.answer", order[2])
    local native = table.concat(order, " ")
    assert.is_truthy(native:find("uv_run.*start_thread"), traces)
  end)

  it("labels samples with route, method and worker", function()
    local tags = pprof(("-tags '%s/debug/pprof/profile?seconds=1'")
      :format(server.url))
    assert.is_truthy(tags:find("route: .-\n[^\n]*: /data\n"), tags)
    assert.is_truthy(tags:find("method: .-\n[^\n]*: GET\n"), tags)
    assert.is_truthy(tags:find("worker: .-\n[^\n]*: [12]\n"), tags)
  end)

  it("answers three profiles of different length and rate at once", function()
    local commands = {}
    for i, query in ipairs { "seconds=1&rate=10", "seconds=2&rate=1000",
      "seconds=3" } do
      commands[i] = ("curl -sS -o %s/at-once-%d -w '%%{time_total}\n' " ..
        "'%s/debug/pprof/profile?%s' &"):format(folder, i, server.url, query)
    end
    local code = support.run(table.concat(commands, "\n") .. "\nwait")
    assert.are.equal(0, code)
    for i = 1, 3 do
      local raw = pprof(("-raw %s/at-once-%d"):format(folder, i))
      local seconds = tonumber(raw:match("\nDuration: ([%d.]+)"))
      assert.is_true(math.abs(seconds - i) < 0.5, raw:sub(1, 300))
      local period = tonumber(raw:match("Period: (%d+)"))
      assert.are.equal(({ 100000000, 1000000, 10000000 })[i], period)
      local _, text = support.command(
        ("convert %s/at-once-%d --to folded"):format(folder, i))
      -- Two workers, on two cores that they share with the load, and others
      -- perhaps.
      local found, total = share(text, "data%.answer")
      assert.is_true(found > 0.5, text)
      assert.is_true(total > i * 0.05e9 and total < i * 2.2e9, total)
    end
  end)

  it("ends the session of a client that leaves", function()
    local client = raw_http.begin(server.port, "/debug/pprof/profile?seconds=1000&rate=1000")
    socket.sleep(0.3)
    client:close()
    -- While a session is open, timers run: a shorter one at its own rate, 1 a
    -- second, sees that the other's thousand a second are gone.
    socket.sleep(0.5)
    local _, _, body = nil, nil, nil
    _, body = support.request(server.url ..
      "/debug/pprof/profile?seconds=2&rate=1&format=folded&sample_index=samples")
    local _, samples = share(body, ".")
    assert.is_true(samples <= 12, samples .. " samples")
  end)

  it("serves an exporter that is dropped in, refuses a broken one", function()
    local dir = support.new_folder()
    local other = support.serve({ "--exporters", dir, support.source .. "/lua" })
    local url = other.url .. "/debug/pprof/profile?seconds=1&format="
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

  it("is read by perilune convert from its URL", function()
    local code, out, err = support.command(
      ("convert '%s/debug/pprof/profile?seconds=1' --to folded")
      :format(server.url))
    assert.are.equal(0, code, err)
    assert.is_truthy(out:find("data.answer;", 1, true))
    code, _, err = support.command(
      ("convert '%s/debug/pprof/profile?format=x' --to folded"):format(server.url))
    assert.are.equal(1, code)
    assert.is_truthy(err:find("status 400: unknown format 'x'", 1, true), err)
  end)
end)

describe("a handler that C code calls back into", function()
  it("has each frame once", function()
    -- req:json calls json.decode, by C, on the coroutine that runs already.
    local dir = support.new_folder()
    support.write_file(dir .. "/routes.lua", [[
      local function decode_often(req)
        for _ = 1, 300 do req:json() end
      end
      return { ["POST /decode"] = function(req)
        decode_often(req)
        return "done"
      end }]])
    local server = support.serve({ "--workers", "1", dir })
    support.write_file(dir .. "/body", "[" .. ("1234.5,"):rep(20000) .. "1]")
    local client = support.start { "curl", "-s", "-m", "4", "--data-binary",
      "@" .. dir .. "/body", server.url .. "/decode" }
    local status, body = support.request(server.url ..
      "/debug/pprof/profile?seconds=2&format=folded")
    client:stop()
    server:signal("KILL")
    server:stop()
    support.remove_folder(dir)
    assert.are.equal(200, status)
    local once = share(body, "routes%.decode_often;")
    local twice = share(body, "routes%.decode_often;.*routes%.decode_often;")
    assert.is_true(once > 0.9, body)
    assert.are.equal(0, twice, body)
  end)
end)

describe("a handler stuck in one C call", function()
  it("is named, with the Lua function that called it", function()
    local dir = support.new_folder()
    support.write_file(dir .. "/routes.lua", [[
      local function match_for_minutes()
        return (("a"):rep(260):find(".-.-.-.-b"))
      end
      return { ["GET /stuck"] = function()
        return tostring(match_for_minutes())
      end }]])
    local server = support.serve({ "--workers", "1", dir })
    support.run("curl -s -m 0.3 " .. server.url .. "/stuck")
    local status, body = support.request(server.url ..
      "/debug/pprof/profile?seconds=2&format=folded")
    server:signal("KILL")
    server:stop()
    support.remove_folder(dir)
    assert.are.equal(200, status)
    local found, total = share(body, "routes%.match_for_minutes;string%.find;")
    assert.is_true(found > 0.95, body)
    -- At most the two seconds; the machine may give the thread less of them.
    assert.is_true(total > 0.3e9 and total < 2.2e9, total)
  end)
end)
