-- heap_spec.lua: the heap profiles of a server, as go tool pprof reads them.
-- heap_truth_spec.lua tests how exact they are.
-- Needs: go
local go_pprof = require "go_pprof"
local raw_http = require "raw_http"
local server_state = require "server_state"
local support = require "support"

local ROUTES = [==[
local kept = {}
local function keep_tables(n)
  for i = 1, n do kept[#kept + 1] = { i, i, i, i, i, i, i, i } end
end
local function drop_strings(n)
  for i = 1, n do local _ = ("x"):rep(1000) .. i end
end
return {
  ["GET /keep"] = function() keep_tables(20000) return 204 end,
  ["GET /drop"] = function() drop_strings(20000) return 204 end,
  ["GET /forget"] = function() kept = {} return 204 end,
  -- Leaves garbage that holds the rest, with a finalizer that takes longer than
  -- the second that a worker has to begin a collection.
  ["GET /forget-slowly"] = function()
    local mono = require "clock".mono
    setmetatable({ kept }, { __gc = function()
      local stop = mono() + 1.5
      while mono() < stop do end
    end })
    kept = {}
    return 204
  end,
  ["GET /spin"] = function() while true do end end,
}
]==]

local folder, server

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
end)
teardown(function() support.remove_folder(folder) end)
before_each(function()
  server = support.serve { "--workers", "1", "--heap-rate", "4096", folder }
end)
after_each(function() assert.equal(0, server:stop()) end)

local function get(path)
  local status, body, headers = support.request(server.url .. path)
  assert.is_true(status == 200 or status == 204, path)
  return body, headers
end

--- Returns the MiB of each function in the profile of `query`.
local function flat(query, index)
  local text = get("/debug/pprof/" .. query ..
    "format=top&sample_index=" .. index)
  local list = {}
  for mib, name in text:gmatch("\n%s*([%d.]+)MiB%s+%S+%s+%S+%s+%S+%s+(%S+)") do
    list[name] = tonumber(mib)
  end
  return list
end

-- A table with an array of eight elements takes 56 + 8 * 16 bytes. The array of
-- all tables comes on top.
local KEPT_MIB = 20000 * (56 + 8 * 16) / (1 << 20)

describe("heap", function()
  it("has what is live, by function and type", function()
    get "/keep"
    get "/drop"
    local live = flat("heap?gc=1&", "inuse_space")
    -- 3.5 MiB sampled every 4 KiB have a deviation of sqrt(4 / 3590), or 3.3 %:
    -- 30 % are 9 of these.
    -- The array that holds the tables doubles: up to 512 KiB more.
    assert.is_true(live["routes.keep_tables"] > 0.7 * KEPT_MIB
      and live["routes.keep_tables"] < 1.3 * KEPT_MIB + 0.6,
      tostring(live["routes.keep_tables"]))
    assert.is_true((live["string.rep"] or 0) < 0.1)
    local allocated = flat("allocs?", "alloc_space")
    assert.is_true(allocated["string.rep"] > 15)
    assert.is_true(allocated["routes.drop_strings"] > 15)
  end)

  it("forgets with gc=1 what nobody holds", function()
    get "/keep"
    get "/forget"
    local live = flat("heap?gc=1&", "inuse_space")
    assert.is_true((live["routes.keep_tables"] or 0) < 0.1)
  end)

  it("waits with gc=1 for a collection that has begun, finalizers and all", function()
    get "/keep"
    get "/forget-slowly"
    local live = flat("heap?gc=1&", "inuse_space")
    assert.is_true((live["routes.keep_tables"] or 0) < 0.1)
  end)

  it("does not wait for a worker that never collects", function()
    local client = raw_http.begin(server.port, "/spin")
    server_state.wait_for_tasks(server, "anonymous@routes.lua")
    get "/debug/pprof/heap?gc=1" -- that this is answered at all is the test
    client:close()
    server:signal "KILL"
    server:wait()
    server:stop()
    server = support.serve { "--workers", "1", folder }
    get "/keep"
  end)

  it("with seconds has what was allocated in them, and all that is live",
    function()
      get "/keep"
      local delta = flat("heap?seconds=1&", "alloc_space")
      assert.equal(0, delta["routes.keep_tables"] or 0)
      local live = flat("heap?seconds=1&", "inuse_space")
      assert.is_true(live["routes.keep_tables"] > 0.7 * KEPT_MIB)
    end)

  it("is read by go tool pprof, as protobuf and as text", function()
    get "/keep"
    for _, form in ipairs { "", "?debug=1" } do
      local file = folder .. "/heap"
      support.write_file(file, (get("/debug/pprof/heap" .. form)))
      local out = go_pprof.read("-sample_index=inuse_space -unit=B -top " .. file, folder)
      local total = tonumber(out:match("of ([%d.e+]+)B total"))
      assert.is_true(total > 0.7 * KEPT_MIB * (1 << 20), out)
    end
  end)

  it("has what scripts hold that were loaded again", function()
    get "/forget" -- the server answers requests
    support.write_file(folder .. "/loaded.lua", [==[
      local rows = {}
      for i = 1, 20000 do rows[i] = { i, i, i, i, i, i, i, i } end
      return rows
    ]==])
    support.write_file(folder .. "/routes.lua",
      'local rows = require "loaded"\n' .. ROUTES)
    server:signal "HUP"
    support.wait_until(function()
      return server:output():find "event=reloaded"
    end, "a reload")
    local live = flat("heap?gc=1&", "inuse_space")
    support.write_file(folder .. "/routes.lua", ROUTES)
    assert.is_true((live["main@loaded.lua"] or 0) > 0.7 * KEPT_MIB)
  end)

  it("carries types, routes and sizes", function()
    get "/keep"
    local text = get "/debug/pprof/heap?debug=1"
    assert.truthy(text:find('"type":"table"', 1, true), text)
    assert.truthy(text:find('"route":"/keep"', 1, true), text)
    assert.truthy(text:find("^heap profile: %d+: %d+ %[%d+: %d+%] @ heap/8192\n"))
  end)
end)

describe("the line of an allocation", function()
  -- The interpreter saves its position before some operations only, and not before
  -- it makes a table. Sizes of Lua 5.4 in bytes: a table's head 56, an element 16, a
  -- node 24, a closure with one variable 40, the variable 40. One call in eight makes
  -- the large table.
  local LINES = { [3] = 56 + 2 * 16, [4] = 56 + 24, [5] = 56 + 4 * 16, [6] = 40 + 40,
    [7] = (56 + 200 * 16) / 8 }
  local N = 1000000
  local SCRIPT = [==[
local kept = {}
local function build(i)
  local a = { i, i }
  local b = { x = i }
  local c = { i, i, i, i }
  local d = function() return i end
  local e = i & 7 == 0 and { %s }
  kept[1], kept[2], kept[3], kept[4] = a, b, c, d
end
%s for i = 1, %d do build(i) end
]==]

  --- Returns the bytes of each line, from the list of go tool pprof. `before` is run
  -- before the loop.
  local function lines_of(rate, before)
    support.write_file(folder .. "/lines.lua",
      SCRIPT:format(("i,"):rep(200), before, N))
    local code, out, err = support.run(("%s run --heap-rate %d --heap %s/lines.pb.gz %s/lines.lua")
      :format(support.perilune, rate, folder, folder))
    assert.equal(0, code, out .. err)
    out = go_pprof.read(("-unit=B -sample_index=alloc_space -list '^lines.build$' " ..
      "%s/lines.pb.gz"):format(folder), folder)
    local bytes = {}
    for flat, line in out:gmatch "\n%s*(%S+)B%s+%S+%s+(%d+):" do
      bytes[tonumber(line)] = tonumber(flat)
    end
    return bytes, out
  end

  local function check(bytes, out)
    for line, size in pairs(LINES) do
      -- At least 76 MiB that are sampled every 32 KiB have a deviation of 2 %.
      assert.is_true(math.abs((bytes[line] or 0) - size * N) < 0.1 * size * N, out)
    end
    for line, n in pairs(bytes) do
      assert.is_true(LINES[line] ~= nil or n < 0.01 * 80 * N, out)
    end
  end

  it("is where it is made", function() check(lines_of(32768, "")) end)

  it("is where it is made while the script has a hook of its own", function()
    check(lines_of(32768, "debug.sethook(function() end, 'c')"))
  end)

  it("leaves a script's own hooks alone", function()
    support.write_file(folder .. "/hooked.lua", [==[
      local function make() for i = 1, 20000 do local _ = { i, i } end end
      assert(not debug.gethook())
      make()
      assert(not debug.gethook(), "a hook that is not the script's")
      local n = 0
      local function count() n = n + 1 end
      debug.sethook(count, "", 100)
      make()
      assert(debug.gethook() == count)
      assert(n > 500, n)
      debug.sethook()
      make()
      local co = coroutine.wrap(function() make() return debug.gethook() end)
      assert(not co())
    ]==])
    for _, rate in ipairs { 1, 4096 } do
      local code, out, err = support.run(("timeout 300 %s run --heap-rate %d --heap %s/h %s/hooked.lua")
        :format(support.perilune, rate, folder, folder))
      assert.equal(0, code, out .. err)
    end
  end)
end)

describe("--heap-rate 0", function()
  it("samples nothing", function()
    server:stop()
    server = support.serve { "--workers", "1", "--heap-rate", "0", folder }
    get "/drop"
    assert.same({}, flat("heap?", "alloc_space"))
  end)
end)
