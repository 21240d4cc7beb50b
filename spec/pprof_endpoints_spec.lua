-- pprof_endpoints_spec.lua: status, headers and form of the replies under
-- /debug/pprof/. Other specs test the contents of the profiles.
-- Needs: time
local raw_http = require "raw_http"
local server_state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [[
return {
  ["GET /"] = function() return "x" end,
  -- Computes until the file exists.
  ["GET /spin"] = function(req)
    while not io.open(req.query.file) do end
    return "spun"
  end,
}
]]

local CUMULATIVE = { "allocs", "block", "goroutine", "heap", "mutex", "threadcreate" }

describe("/debug/pprof", function()
  local folder, server

  setup(function()
    folder = support.new_folder()
    support.write_file(folder .. "/routes.lua", ROUTES)
    server = support.serve { "--workers", "2", folder }
  end)

  teardown(function()
    local code = server:stop()
    support.remove_folder(folder)
    assert.equal(0, code)
  end)

  local function get(path, options)
    return support.request(server.url .. "/debug/pprof" .. path, options)
  end

  -- Sends a request whose reply is read later.
  local function begin(path)
    return raw_http.begin(server.port, "/debug/pprof" .. path)
  end

  local function refuses(path, want_status, message)
    local status, body, headers = get(path)
    assert.equal(want_status, status)
    assert.equal(message .. "\n", body)
    assert.equal("text/plain; charset=utf-8", headers["content-type"])
    assert.equal("nosniff", headers["x-content-type-options"])
    assert.equal("1", headers["x-go-pprof"])
    assert.is_nil(headers["content-disposition"])
  end

  it("redirects to its index", function()
    local status, _, headers = get ""
    assert.equal(301, status)
    assert.equal("/debug/pprof/", headers.location)
  end)

  it("has an index of all profiles", function()
    local status, body, headers = get "/"
    assert.equal(200, status)
    assert.equal("text/html; charset=utf-8", headers["content-type"])
    assert.equal("nosniff", headers["x-content-type-options"])
    for _, name in ipairs(CUMULATIVE) do
      assert.truthy(body:find('href="' .. name .. '?debug=1"', 1, true), name)
    end
    assert.truthy(body:find('href="profile"', 1, true))
    assert.truthy(body:find('href="goroutine?debug=2"', 1, true))
  end)

  it("closes each connection", function()
    local _, _, headers = get "/"
    assert.equal("close", headers.connection)
  end)

  it("knows no other profile", function()
    refuses("/none", 404, "Unknown profile")
    refuses("/profile/x", 404, "Unknown profile")
  end)

  it("answers profile as Go does", function()
    local start = socket.gettime()
    local status, body, headers = get "/profile?seconds=1"
    local took = socket.gettime() - start
    assert.equal(200, status)
    assert.is_true(took >= 1, "took " .. took)
    assert.is_true(#body > 0)
    assert.equal("application/octet-stream", headers["content-type"])
    assert.equal('attachment; filename="profile"', headers["content-disposition"])
    assert.equal("nosniff", headers["x-content-type-options"])
    assert.is_nil(headers["content-encoding"])
  end)

  it("is answered while every worker spins", function()
    local stop, spinning = folder .. "/stop", {}
    for i = 1, 4 do
      spinning[i] = raw_http.begin(server.port, "/spin?file=" .. stop)
    end
    server_state.wait_for_tasks(server, "anonymous@routes.lua", 2)
    assert.equal(200, (support.request(server.url .. "/healthz")))
    assert.equal(200, (get "/"))
    assert.equal(200, (get "/profile?seconds=1"))
    for _, client in ipairs(spinning) do
      assert.is_true(client:is_silent())
    end
    support.write_file(stop, "")
    for _, client in ipairs(spinning) do client:finish() end
  end)

  describe("format", function()
    it("chooses the exporter, shown by name and type", function()
      local status, _, headers = get "/profile?seconds=1&format=folded"
      assert.equal(200, status)
      assert.equal("text/plain; charset=utf-8", headers["content-type"])
      assert.equal('inline; filename="profile.folded"', headers["content-disposition"])
    end)

    it("that is unknown is refused before the wait, with the known ones", function()
      for _, path in ipairs { "/profile?seconds=600&format=x%22%3C", "/heap?format=x" } do
        local start = socket.gettime()
        local status, body, headers = get(path)
        assert.equal(400, status)
        assert.is_true(socket.gettime() - start < 600)
        assert.equal("1", headers["x-go-pprof"])
        assert.truthy(body:find("pprof", 1, true), body)
        assert.truthy(body:find("folded", 1, true), body)
      end
    end)
  end)

  it("ignores parameters that are unknown, or for another kind", function()
    for _, path in ipairs { "/heap?nonsense=1", "/heap?rate=x", "/allocs?gc=1",
      "/block?fraction=x", "/mutex?rate=x", "/threadcreate?gc=x&debug=y" } do
      local status, body = get(path)
      assert.equal(200, status, path)
      assert.equal("\x1f\x8b", body:sub(1, 2), path)
    end
    refuses("/heap?slower_than=1s", 400, '"slower_than" is for profile and wall')
  end)

  it("hands the exporter all parameters, however many bytes they are", function()
    local function rows(query)
      local status, body = get("/heap?format=top" .. query .. "&n=1")
      assert.equal(200, status, body)
      return select(2, body:gsub("\n", "\n"))
    end
    assert.equal(rows "", rows("&padding=" .. ("x"):rep(2000)))
  end)

  it("traces a second when seconds are none", function()
    for _, seconds in ipairs { "x", "-1" } do
      local start = socket.gettime()
      assert.equal(200, (get("/trace?seconds=" .. seconds)))
      assert.is_true(socket.gettime() - start >= 1)
    end
  end)

  it("refuses a sample_index that is none, before the wait", function()
    refuses("/profile?seconds=600&format=folded&sample_index=nope", 400,
      "unknown sample_index 'nope': there are samples, cpu")
    refuses("/heap?format=top&sample_index=4", 400, "unknown sample_index '4': " ..
      "there are alloc_objects, alloc_space, inuse_objects, inuse_space")
    refuses("/trace?sample_index=0", 400, '"sample_index" is not for trace')
    for _, index in ipairs { "inuse_objects", "0", "3" } do
      assert.equal(200, (get("/heap?format=top&sample_index=" .. index)))
    end
  end)

  describe("rate", function()
    for _, rate in ipairs { "0", "10001", "-1", "fast", "1.5" } do
      it("must not be " .. rate, function()
        refuses("/profile?seconds=600&rate=" .. rate, 400,
          'invalid value for "rate" - must be an integer from 1 to 10000')
      end)
    end
  end)

  for _, name in ipairs(CUMULATIVE) do
    describe(name, function()
      it("is a profile", function()
        local status, body, headers = get("/" .. name)
        assert.equal(200, status)
        assert.is_true(#body > 0)
        assert.equal("application/octet-stream", headers["content-type"])
        assert.equal('attachment; filename="' .. name .. '"',
          headers["content-disposition"])
        assert.equal("nosniff", headers["x-content-type-options"])
      end)

      it("is text with debug=1", function()
        local status, body, headers = get("/" .. name .. "?debug=1")
        assert.equal(200, status)
        assert.equal("text/plain; charset=utf-8", headers["content-type"])
        assert.equal("nosniff", headers["x-content-type-options"])
        assert.is_nil(headers["content-disposition"])
        assert.truthy(body:find(name, 1, true) or name == "allocs"
          or body:find("--- contention:", 1, true), body)
      end)

      it("refuses what seconds cannot be", function()
        for _, seconds in ipairs { "0", "-1", "x", "1.5", "99999999999999999999" } do
          refuses("/" .. name .. "?seconds=" .. seconds, 400,
            'invalid value for "seconds" - must be a positive integer')
        end
        refuses("/" .. name .. "?seconds=1&debug=1", 400,
          "seconds and debug params are incompatible")
      end)
    end)
  end

  it("has deltas over seconds of the cumulative kinds", function()
    local start, clients = socket.gettime(), {}
    for i, name in ipairs(CUMULATIVE) do clients[i] = begin("/" .. name .. "?seconds=1") end
    for i, name in ipairs(CUMULATIVE) do
      local reply = clients[i]:read_reply()
      clients[i]:close()
      assert.equal(200, reply.status)
      assert.equal('attachment; filename="' .. name .. '-delta"',
        reply.headers["content-disposition"])
      assert.is_true(socket.gettime() - start >= 1)
    end
  end)

  it("tells the command line, NUL between arguments", function()
    local status, body, headers = get "/cmdline"
    assert.equal(200, status)
    assert.equal("text/plain; charset=utf-8", headers["content-type"])
    assert.equal(table.concat({ support.perilune, "serve", "--listen",
      "127.0.0.1:" .. server.port, "--workers", "2", folder }, "\0"), body)
  end)

  describe("symbol", function()
    -- Returns the address of a function in the running program.
    local function address_of(name)
      local _, symbols = support.run("nm " .. support.quote(support.perilune))
      local offset = assert(symbols:match("(%x+) [Tt] " .. name .. "\n"))
      local maps = support.read_file("/proc/" .. server.pid .. "/maps")
      local base = assert(maps:match("(%x+)%-%x+ r%-%-p 00000000[^\n]*perilune\n"))
      return tonumber(base, 16) + tonumber(offset, 16)
    end

    it("says that there are symbols", function()
      local status, body = get "/symbol"
      assert.equal(200, status)
      assert.equal("num_symbols: 1\n", body)
    end)

    it("holds up nobody, however many are asked for", function()
      local body = ("1+"):rep(1e6)
      -- A later request is answered first. On a busy machine the reply to this
      -- request may come before the later one is sent: then both are sent again.
      local is_first
      for _ = 1, 20 do
        local client = raw_http.begin(server.port, "/debug/pprof/symbol",
          { method = "POST", body = body })
        socket.sleep(0.05) -- so that the server has begun; if not, the test proves less
        assert.equal(200, (support.request(server.url .. "/healthz")))
        is_first = client:is_silent()
        client:close()
        if is_first then break end
      end
      assert.is_true(is_first)
    end)

    it("names addresses, of a GET and of a POST", function()
      local a, b = address_of "lua_gettop", address_of "server_run"
      local query = string.format("0x%x+0x%x+0x1", a, b)
      local want = string.format(
        "num_symbols: 1\n0x%x lua_gettop\n0x%x server_run\n", a, b)
      local _, body = get("/symbol?" .. query)
      assert.equal(want, body)
      _, body = get("/symbol", { method = "POST", body = query })
      assert.equal(want, body)
    end)

    it("stands what is no address", function()
      local status, body = get("/symbol", { method = "POST", body = "zz++0x+-+ 9" })
      assert.equal(200, status)
      assert.equal("num_symbols: 1\n", body)
    end)
  end)

  it("ends the session of a client that leaves", function()
    local function sockets()
      local _, out = support.run("ls -l /proc/" .. server.pid .. "/fd")
      return select(2, out:gsub("socket:", ""))
    end
    local clients = {}
    for i = 1, 5 do clients[i] = begin "/profile?seconds=1000" end
    server_state.wait_for_profiles(server, 5)
    local most = sockets()
    for _, client in ipairs(clients) do client:close() end
    server_state.wait_for_profiles(server, 0)
    support.wait_until(function() return sockets() <= most - 5 end,
      "the end of the connections", 60)
  end)

  it("is cut short, cleanly, by the end of the server", function()
    local other = support.serve { "--workers", "1", folder }
    local client = raw_http.begin(other.port, "/debug/pprof/profile?seconds=1000")
    server_state.wait_for_profiles(other, 1)
    other:signal("TERM")
    assert.equal("HTTP/1.1 503 Service Unavailable", client:read_reply().line)
    assert.equal(0, other:wait(60))
    other:stop()
    client:close()
  end)
end)
