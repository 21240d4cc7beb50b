-- native_heap_spec.lua: memory that C code takes from malloc is in the heap
-- profiles, each byte once, under the Lua code that called the C code. A server
-- that samples nearly every allocation answers profiles of every kind meanwhile.
-- Needs: core
local raw_http = require "raw_http"
local support = require "support"

-- Writes the allocated and the live bytes of each function and all that it calls, by
-- kind: `native`, or a Lua type.
local EXPORTER = [==[
local function add(sums, key, i, n)
  sums[key] = sums[key] or { 0, 0 }
  sums[key][i] = sums[key][i] + n
end
return {
  api = 1, name = "kinds", extension = ".txt", content_type = "text/plain",
  description = "sums by kind and function",
  export = function(profile, out)
    local sums, locations, values, labels = {}
    for i = 1, (profile:counts()) do
      locations, values, labels = profile:sample(i, locations, values, labels)
      local kind = "none"
      for _, label in ipairs(labels) do
        if label.key == "heap" or label.key == "type" then kind = label.str end
      end
      local seen = { ["(all)"] = true }
      for _, id in ipairs(locations) do
        for _, line in ipairs(profile:location(id).lines) do
          seen[profile:func(line.func).name] = true
        end
      end
      for name in pairs(seen) do
        add(sums, kind .. "\t" .. name, 1, values[2])
        add(sums, kind .. "\t" .. name, 2, values[4])
      end
    end
    for key, n in pairs(sums) do
      out:write(key, "\t", n[1], "\t", n[2], "\n")
    end
  end,
}
]==]

local folder

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/kinds.lua", EXPORTER)
end)
teardown(function() support.remove_folder(folder) end)

--- Reads the exporter's sums: sums[kind][function] = { allocated, live }.
local function parse(text)
  local sums = setmetatable({}, {
    __index = function(t, kind)
      t[kind] = setmetatable({}, { __index = function() return { 0, 0 } end })
      return t[kind]
    end,
  })
  for kind, name, allocated, live in
    text:gmatch "([^\t\n]+)\t([^\t\n]+)\t(%d+)\t(%d+)\n" do
    sums[kind][name] = { tonumber(allocated), tonumber(live) }
  end
  return sums
end

local function is_near(expected, got, what)
  assert.is_true(math.abs(got - expected) <= 0.05 * expected,
    ("%s: %.0f bytes, in the profile %.0f"):format(what, expected, got))
end

describe("memory of a C module", function()
  local sums

  setup(function()
    local code, _, err = support.run(
      ("cc -shared -fPIC -O2 -I/usr/include/lua5.4 -o %s/holder.so " ..
        "%s/spec/scripts/holder.c"):format(folder, support.source))
    assert(code == 0, err)
    support.write_file(folder .. "/hold.lua", ([==[
      package.cpath = "%s/?.so"
      local holder = require "holder"
      local function hold_for_now() holder.keep(100000, 1000) end
      local function hold_on() holder.keep(10000, 5000) end
      local function keep_strings(kept)
        for i = 1, 50000 do kept[i] = ("x"):rep(2000) .. i end
        return kept
      end
      hold_for_now()
      holder.release()
      hold_on()
      KEPT = keep_strings {}
      collectgarbage()
    ]==]):format(folder))
    local text
    -- A sum of 50 MB that is sampled every 4 KiB has a deviation of 0.9 %: 5 % are
    -- 5.5 of them.
    code, _, err = support.run(
      ("timeout 300 %s run --heap-rate 4096 --heap %s/heap %s/hold.lua")
      :format(support.perilune, folder, folder))
    assert(code == 0, err)
    code, text, err = support.command(
      ("convert --exporters %s --to kinds %s/heap"):format(folder, folder))
    assert(code == 0, err)
    sums = parse(text)
  end)

  it("counts for the Lua function that called it", function()
    local native = sums.native
    is_near(100e6, native["hold.hold_for_now"][1], "allocated for now")
    is_near(50e6, native["hold.hold_on"][1], "allocated for good")
    is_near(150e6, native["holder.keep"][1], "allocated")
    is_near(150e6, native["hold"][1], "allocated by the C function")
  end)

  it("is live until it is freed", function()
    assert.equal(0, sums.native["hold.hold_for_now"][2])
    is_near(50e6, sums.native["hold.hold_on"][2], "live")
  end)

  it("is not Lua's, and what is Lua's is not native", function()
    is_near(50000 * 2030, sums.string["hold.keep_strings"][2], "strings")
    assert.equal(0, sums.native["hold.keep_strings"][1])
    assert.equal(0, sums.string["hold.hold_on"][1])
  end)
end)

describe("what C holds for scripts", function()
  local N, SIZE = 40, 1 << 20
  local server

  setup(function()
    support.write_file(folder .. "/routes.lua", ([==[
      local sync, shared = require "sync", require "shared"
      local jobs = sync.channel("jobs", 1000)
      local cache = shared.dict("cache", 256 << 20)
      local TEXT = ("x"):rep(%d)
      local function fill_channel(n) for _ = 1, n do jobs:send(TEXT) end end
      local function fill_dict(n) for i = 1, n do cache:set("key " .. i, TEXT) end end
      return {
        ["GET /channel/{n}"] = function(req) fill_channel(tonumber(req.params.n)) return 204 end,
        ["GET /dict/{n}"] = function(req) fill_dict(tonumber(req.params.n)) return 204 end,
        -- The replies are larger than a socket's buffer. A string is sent as it is, a
        -- table is encoded.
        ["GET /text"] = function() return TEXT:rep(8) end,
        ["GET /json"] = function() return { TEXT:rep(8) } end,
        ["GET /empty/channel"] = function()
          while jobs:receive(0) do end
          return 204
        end,
        ["GET /empty/dict"] = function()
          for i = 1, 1000 do cache:delete("key " .. i) end
          return 204
        end,
      }
    ]==]):format(SIZE))
    -- 40 MiB that are sampled every 4 KiB have a deviation of 1 %, large blocks a
    -- smaller one: 5 % are 5 of them.
    server = support.serve { "--workers", "1", "--heap-rate", "4096",
      "--exporters", folder, folder }
  end)
  teardown(function() assert.equal(0, server:stop()) end)

  local function live(query, name, kind)
    local status, text = support.request(server.url ..
      "/debug/pprof/heap?format=kinds" .. query)
    assert.equal(200, status)
    return parse(text)[kind or "native"][name][2]
  end

  for kind, name in pairs { channel = "routes.fill_channel", dict = "routes.fill_dict" } do
    it("in a " .. kind .. " is there, in the function that put it there", function()
      assert.equal(204, (support.request(server.url .. "/" .. kind .. "/" .. N)))
      is_near(N * SIZE, live("", name), kind)
      assert.equal(204, (support.request(server.url .. "/empty/" .. kind)))
      assert.is_true(live("", name) < 0.02 * N * SIZE, live("", name))
    end)
  end

  for route, kind in pairs { ["/text"] = "string", ["/json"] = "native" } do
    it("in replies that clients have not read is there, by route: " .. route, function()
      local clients = {}
      for i = 1, N / 8 do
        clients[i] = raw_http.connect(server.port, { receive_buffer = 4096 }):request(route)
      end
      local function held(gc)
        return live(("&gc=%d&label=route:%s"):format(gc, route), "(all)", kind)
      end
      support.wait_until(function() return held(0) > 0.95 * N * SIZE end, "the replies", 60)
      is_near(N * SIZE, held(1), "replies") -- even after a collection
      for _, client in ipairs(clients) do client:close() end
      support.wait_until(function() return held(1) < 0.02 * N * SIZE end, "their end", 60)
    end)
  end
end)

describe("a server", function()
  it("shows the memory that it holds for a handler, by route", function()
    support.write_file(folder .. "/routes.lua", [==[
      local json = require "json"
      local rows = {}
      for i = 1, 20000 do rows[i] = "row number " .. i end
      local function encode() return (json.encode(rows)) end
      return {
        ["GET /json"] = function() return encode() end,
        ["GET /text"] = function() return ("x"):rep(1 << 20) end,
      }
    ]==])
    local server = support.serve { "--workers", "1", "--heap-rate", "4096",
      "--exporters", folder, folder }
    local bytes
    for _ = 1, 10 do
      local status, body = support.request(server.url .. "/json")
      assert.equal(200, status)
      bytes = #body
      assert.equal(200, (support.request(server.url .. "/text")))
    end
    local _, text = support.request(server.url ..
      "/debug/pprof/allocs?format=kinds")
    local encoded = parse(text).native["routes.encode"][1]
    local _, listing = support.request(server.url .. "/debug/pprof/allocs?debug=1")
    assert.equal(0, server:stop())
    -- The buffer of each of ten replies doubles until it has room for all.
    assert.is_true(encoded > bytes, encoded .. " of " .. bytes)
    assert.is_true(encoded < 50 * bytes, encoded .. " of " .. bytes)
    -- A long reply is not copied: the memory is that of the Lua string.
    assert.truthy(listing:find('"route":"/text"[^\n]*"type":"string"'), "no route")
  end)

  it("answers while one allocation in a few is sampled", function()
    local server = support.serve { "--workers", "2", "--heap-rate", "1024",
      "--block-rate", "1000", support.source .. "/lua" }
    local load = support.start { support.perilune, "load",
      server.url .. "/data?rows=20", "-u", "16", "-d", "1h", "--quiet" }
    local profiles = support.start { "sh", "-c", ([[
      while :; do
        curl -sSf -m 120 -o /dev/null '%s/debug/pprof/profile?seconds=1&rate=10000' &&
        curl -sSf -m 120 -o /dev/null '%s/debug/pprof/wall?seconds=1&rate=1000' ||
        exit 1
      done]]):format(server.url, server.url) }
    local kinds = { "heap?gc=1", "allocs?format=folded", "heap?debug=1",
      "goroutine", "goroutine?debug=2", "threadcreate?format=top", "block",
      "mutex?debug=1", "allocs?seconds=1", "symbol?0x1000" }
    for _ = 1, 2 do
      for _, kind in ipairs(kinds) do
        local status = support.request(server.url .. "/debug/pprof/" .. kind)
        assert.equal(200, status, kind)
      end
    end
    assert.is_true(profiles:alive(), profiles:output())
    profiles:stop()
    assert.is_true(load:alive(), load:output())
    load:signal "INT"
    load:wait(120)
    local output = load:output()
    load:stop()
    assert.truthy(output:find("http_req_failed[ .]*: 0.00%%"), output)
    assert.equal(0, server:stop())
  end)
end)
