-- http_spec.lua: what a handler receives, how the server sends what it returns,
-- and how the server ends.
-- Needs: time
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local json = require "json"
local log = require "log"
local scheduler = require "scheduler"
local kept, is_open

local function closing(message)
  return setmetatable({}, { __close = function() log.info(message) end })
end

return {
  ["GET /table"] = function() return { a = 1, list = { 1, 2.5, "x" } } end,
  ["GET /text"] = function() return "hello" end,
  ["GET /status/{code}"] = function(req) return math.tointeger(req.params.code) end,
  ["GET /nothing"] = function() end,
  ["GET /full"] = function()
    return 201, { ok = true }, { ["X-One"] = "1", ["X-Two"] = 2,
      ["Set-Cookie"] = { "a=1", "b=2" }, ["Content-Type"] = "application/x" }
  end,
  ["GET /bad/nan"] = function() return { deep = { 0 / 0 } } end,
  ["GET /bad/function"] = function() return print end,
  ["GET /bad/status"] = function() return 99, "x" end,
  ["GET /bad/values"] = function() return 200, "x", {}, "y" end,
  ["GET /bad/header"] = function() return 200, "x", { ["X-A"] = "a\r\nb: c" } end,
  ["GET /bad/nul"] = function() return 200, "x", { ["X-A"] = "a\0b" } end,
  ["GET /bad/name"] = function() return 200, "x", { ["X A"] = "v" } end,
  ["GET /bad/nul-name"] = function() return 200, "x", { ["X-A\0B"] = "v" } end,
  ["GET /bad/length"] = function() return 200, "x", { ["content-length"] = "3" } end,
  ["GET /bad/coding"] = function() return 200, "x", { ["Transfer-Encoding"] = "gzip" } end,
  ["GET /bad/error-status"] = function() error { status = 99999, message = "m" } end,
  ["GET /bad/error-fine"] = function() error { status = 204 } end,
  ["GET /bad/error-text"] = function() error { status = "x", message = {} } end,
  ["GET /bad/error-message"] = function() error { status = 404, message = {} } end,
  ["GET /error/number"] = function() error { status = 404, message = 42 } end,
  ["GET /headers/{n}"] = function(req)
    return 200, "x", { ["X-Long"] = ("x"):rep(tonumber(req.params.n)) }
  end,
  ["GET /long-message"] = function()
    error { status = 404, message = ("long "):rep(1000) }
  end,
  ["GET /bad/yield"] = function() coroutine.yield() end,
  ["GET /bad/sleep"] = function()
    table.sort({ 2, 1 }, function(a, b) scheduler.sleep(0) return a < b end)
  end,
  ["GET /error"] = function() local message = "boom" error(message) end,
  ["GET /error/teapot"] = function() error { status = 418, message = "short and stout" } end,
  ["GET /error/object"] = function()
    error(setmetatable({}, { __tostring = function() return "an object" end }))
  end,
  ["GET /error/closes"] = function()
    local guard <close> = closing("guard_closed")
    error("left")
  end,
  ["/echo/{first}/{rest...}"] = function(req)
    return {
      method = req.method, path = req.path, params = req.params,
      query = req.query, body = req.body,
      upper = req.headers["X-Test"], lower = req.headers["x-test"],
      absent = req.headers["X-Absent"] == nil, unknown = req.nonsense == nil,
    }
  end,
  ["GET /own"] = function(req)
    local x = req.query.x
    req.user, req.level, req.query, req.json = "me", 7, { x = x .. "!" }, "mine"
    return { req.user, req.level, req.query.x, req.json, req.nonsense == nil }
  end,
  ["POST /json"] = function(req) return { got = req:json() } end,
  ["POST /json/caught"] = function(req)
    local ok, problem = pcall(req.json, req)
    return { ok = ok, status = problem.status }
  end,
  ["POST /length"] = function(req) return tostring(#req.body) end,
  ["GET /sleep"] = function(req)
    scheduler.sleep(tonumber(req.query.seconds))
    return "slept"
  end,
  ["GET /sleep-until-open"] = function()
    repeat scheduler.sleep(0.01) until is_open
    return "slept"
  end,
  ["GET /open"] = function() is_open = true end,
  ["GET /sleep-until"] = function(req)
    local file
    repeat
      scheduler.sleep(0.01)
      file = io.open(req.query.file)
    until file
    file:close()
    return "slept"
  end,
  ["GET /keep"] = function(req) kept = req return req.path end,
  ["GET /kept"] = function()
    local ok, problem = pcall(function() return kept.body end)
    return { path = kept.path, ok = ok, problem = problem }
  end,
  ["GET /log"] = function()
    log.warn("said", { b = 'x "y"', a = 1, c = true })
    return 204
  end,
  ["GET /mad/recursion"] = function()
    local function again() return 1 + again() end
    return again()
  end,
  ["GET /mad/tostring"] = function()
    error(setmetatable({}, { __tostring = function() error "no name" end }))
  end,
  ["GET /mad/memory"] = function() return ("x"):rep(1 << 60) end,
  ["GET /forever"] = function() while true do end end,
  ["GET /array"] = function() return json.array() end,
}
]==]

-- A client that never ends its request line. The server gives up on it after ten
-- seconds, in which the other tests run.
local slow = {}

setup(function()
  slow.folder = support.new_folder()
  support.write_file(slow.folder .. "/routes.lua", ROUTES)
  slow.server = support.serve { "--workers", "1", slow.folder }
  slow.client = raw_http.connect(slow.server.port):send "GET /te"
end)

teardown(function()
  slow.server:stop()
  support.remove_folder(slow.folder)
end)

describe("a handler", function()
  local folder, server
  local request = function(path, options)
    return support.request(server.url .. path, options)
  end

  setup(function()
    folder = support.new_folder()
    support.write_file(folder .. "/routes.lua", ROUTES)
    server = support.serve { "--workers", "1", folder }
  end)

  teardown(function()
    local code = server:stop()
    support.remove_folder(folder)
    assert.equal(0, code)
  end)

  describe("answers with", function()
    it("a table as JSON", function()
      local status, body, headers = request "/table"
      assert.equal(200, status)
      assert.equal("application/json", headers["content-type"])
      assert.truthy(body == '{"a":1,"list":[1,2.5,"x"]}'
        or body == '{"list":[1,2.5,"x"],"a":1}', body)
    end)

    it("a string as text", function()
      local status, body, headers = request "/text"
      assert.equal(200, status)
      assert.equal("hello", body)
      assert.equal("text/plain; charset=utf-8", headers["content-type"])
    end)

    it("an error status alone and its reason", function()
      local status, body = request "/status/404"
      assert.equal(404, status)
      assert.equal("Not Found\n", body)
    end)

    it("another status alone and no body", function()
      local status, body = request "/status/202"
      assert.equal(202, status)
      assert.equal("", body)
    end)

    it("nothing as 204", function()
      assert.equal(204, (request "/nothing"))
    end)

    it("status, body and headers", function()
      local status, body, headers = request "/full"
      assert.equal(201, status)
      assert.equal('{"ok":true}', body)
      assert.equal("1", headers["x-one"])
      assert.equal("2", headers["x-two"])
      assert.equal("a=1, b=2", headers["set-cookie"])
      assert.equal("application/x", headers["content-type"])
    end)

    it("an empty array", function()
      local _, body = request "/array"
      assert.equal("[]", body)
    end)

    it("an error with a status, which is not logged", function()
      local status, body = request "/error/teapot"
      assert.equal(418, status)
      assert.equal("short and stout\n", body)
      assert.is_nil(server:output():find("stout", 1, true))
    end)

    it("an error whose message is a number", function()
      local status, body = request "/error/number"
      assert.equal(404, status)
      assert.equal("42\n", body)
    end)
  end)

  describe("that fails", function()
    local function fails(path, reason)
      local status, body = request(path)
      assert.equal(500, status)
      assert.equal("Internal Server Error\n", body)
      state.wait_for_log(server, reason)
      assert.equal(200, (request "/text"))
    end

    it("is logged with its traceback", function()
      fails("/error", "routes.lua:")
      state.wait_for_log(server, "boom\\nstack traceback:")
      state.wait_for_log(server, 'route="GET /error"')
    end)

    it("with an object is logged by its tostring", function()
      fails("/error/object", "an object")
    end)

    it("closes its variables", function()
      fails("/error/closes", "left")
      state.wait_for_log(server, "event=guard_closed")
    end)

    it("answers with a message of any length", function()
      local status, body = support.request(server.url .. "/long-message")
      assert.equal(404, status)
      assert.equal(("long "):rep(1000) .. "\n", body)
    end)

    it("says why: headers that are too long, beside the request's", function()
      local function ask(n, m)
        return (support.request(server.url .. "/headers/" .. n,
          { headers = { ["X-Long"] = ("y"):rep(m) } }))
      end
      assert.equal(200, ask(15000, 10))
      for n = 1000, 18000, 500 do
        assert.equal(n <= 6500 and 200 or 500, ask(n, 9000), n)
      end
      assert.truthy(server:output():find(
        "event=reply_head_too_long path=/headers/7000 bytes=70%d%d "), server:output())
    end)

    for path, reason in pairs {
      ["/bad/nan"] = "a handler's result: value.deep[1]: NaN has no JSON",
      ["/bad/function"] = "body must be a table, a string, nil or made by req:stream, got function",
      ["/bad/status"] = "status must be an integer from 200 to 599, got 99",
      ["/bad/values"] = "at most status, body and headers, got 4 values",
      ["/bad/header"] = "header 'X-A' cannot have the value",
      ["/bad/name"] = "a header's name must be a token, got 'X A'",
      ["/bad/nul-name"] = "a header's name must be a token, got 'X-A'",
      ["/bad/length"] = "header 'content-length' is set by the server itself",
      ["/bad/coding"] = "header 'Transfer-Encoding' is set by the server itself",
      ["/bad/error-status"] = "an error's status must be an integer from 400 to 599, got 99999",
      ["/bad/error-fine"] = "an error's status must be an integer from 400 to 599, got 204",
      ["/bad/error-text"] = "an error's status must be an integer from 400 to 599, got string",
      ["/bad/error-message"] = "an error's message must be a string, got table",
      ["/bad/nul"] = "header 'X-A' cannot have a NUL in its value",
      ["/bad/yield"] = "coroutine.yield outside a coroutine",
      ["/bad/sleep"] = "sleep has to wait, which is not possible in a function that",
    } do
      it("says why: " .. path, function() fails(path, reason) end)
    end
  end)

  describe("reads from its request", function()
    it("all there is", function()
      local status, body = request("/echo/a%2Fb/c/d%20e?x=1&y=a+b%26&x=2&z", {
        method = "PUT", body = "some body", headers = { ["X-Test"] = "yes" },
      })
      assert.equal(200, status)
      for _, part in ipairs {
        '"method":"PUT"', '"path":"/echo/a/b/c/d e"', '"first":"a/b"',
        '"rest":"c/d e"', '"x":"1"', '"y":"a b&"', '"z":""',
        '"body":"some body"', '"upper":"yes"', '"lower":"yes"',
        '"absent":true', '"unknown":true',
      } do
        assert.truthy(body:find(part, 1, true), part .. " is not in " .. body)
      end
    end)

    it("fields that it has set", function()
      local _, body = request "/own?x=1"
      assert.equal('["me",7,"1!","mine",true]', body)
    end)

    it("any number of parameters", function()
      local query = {}
      for i = 1, 100 do query[i] = ("k%d=v%%20%d"):format(i, i) end
      local _, body = request("/echo/a/b?" .. table.concat(query, "&"))
      for i = 1, 100 do
        assert.truthy(body:find(('"k%d":"v %d"'):format(i, i), 1, true), i)
      end
    end)

    it("a JSON body", function()
      local status, body = request("/json", { method = "POST", body = '[1, null]' })
      assert.equal(200, status)
      assert.equal('{"got":[1,null]}', body)
    end)

    it("only what it read, once the request is over", function()
      request "/keep"
      local _, body = request "/kept"
      assert.truthy(body:find('"path":"/keep"', 1, true), body)
      assert.truthy(body:find("the request is over", 1, true), body)
    end)
  end)

  it("gets 400 for malformed JSON, with the place", function()
    local status, body = request("/json", { method = "POST", body = '{"a":\n 1,}' })
    assert.equal(400, status)
    assert.equal(
      "json: line 2, column 4: a key in double quotes expected\n", body)
  end)

  it("can catch malformed JSON", function()
    local _, body = request("/json/caught", { method = "POST", body = "{" })
    assert.truthy(body:find('"status":400', 1, true))
    assert.truthy(body:find('"ok":false', 1, true))
  end)

  it("writes to the log", function()
    request "/log"
    state.wait_for_log(server, 'level=warn event=said a=1 b="x \\"y\\"" c=true')
  end)

  it("that sleeps does not hold up its worker", function()
    local sleepers = {}
    state.wait_for_requests(server, 0)
    for i = 1, 20 do sleepers[i] = raw_http.begin(server.port, "/sleep-until-open") end
    state.wait_for_requests(server, 20)
    assert.equal(200, (request "/text"))
    for _, sleeper in ipairs(sleepers) do assert.is_true(sleeper:is_silent()) end
    assert.equal(204, (request "/open"))
    for _, sleeper in ipairs(sleepers) do assert.equal("slept", sleeper:finish()) end
  end)
end)

describe("the server", function()
  local folder, server

  setup(function()
    folder = support.new_folder()
    support.write_file(folder .. "/routes.lua", ROUTES)
    server = support.serve { "--workers", "2", "--dev", folder }
  end)

  teardown(function()
    server:stop()
    support.remove_folder(folder)
  end)

  local function connect() return raw_http.connect(server.port) end

  it("answers 404 where there is no route", function()
    assert.equal(404, (support.request(server.url .. "/none")))
  end)

  it("answers 405 with Allow for another method", function()
    local status, _, headers =
      support.request(server.url .. "/text", { method = "DELETE" })
    assert.equal(405, status)
    assert.equal("GET, HEAD", headers.allow)
  end)

  it("answers HEAD as GET, without the body", function()
    local status, body, headers =
      support.request(server.url .. "/text", { method = "HEAD" })
    assert.equal(200, status)
    assert.equal("5", headers["content-length"])
    assert.falsy(body and #body > 0)
  end)

  it("shows tracebacks to developers", function()
    local status, body = support.request(server.url .. "/error")
    assert.equal(500, status)
    assert.truthy(body:find("routes.lua:%d+: boom\nstack traceback:"), body)
  end)

  it("takes a body of 8 MiB and no more", function()
    local most = 8 * 1024 * 1024
    local options = { method = "POST", body = ("x"):rep(most) }
    local status, body = support.request(server.url .. "/length", options)
    assert.equal(200, status)
    assert.equal(tostring(most), body)
    local client = connect()
    client:send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: "
      .. most + 1 .. "\r\n\r\n")
    assert.equal("HTTP/1.1 413 Content Too Large", client:read_line())
    client:close()
  end)

  it("refuses a larger chunked body", function()
    local client = connect()
    client:send("POST /length HTTP/1.1\r\nHost: a\r\n" ..
      "Transfer-Encoding: chunked\r\n\r\n")
    local chunk = "100000\r\n" .. ("x"):rep(0x100000) .. "\r\n"
    for _ = 1, 9 do client:send(chunk) end
    client:send("0\r\n\r\n")
    assert.equal("HTTP/1.1 413 Content Too Large", client:read_line())
    client:close()
    assert.equal(200, (support.request(server.url .. "/text")))
  end)

  it("answers a request that arrives byte by byte", function()
    for _, case in ipairs { { "/text", "200" }, { "/healthz", "200" } } do
      local client = connect()
      local text = "GET " .. case[1] .. " HTTP/1.1\r\nHost: a\r\n\r\n"
      for i = 1, #text do
        client:send(text:sub(i, i))
        socket.sleep(0.002) -- so that the server mostly reads single bytes
      end
      assert.equal("HTTP/1.1 " .. case[2] .. " OK", client:read_line())
      client:close()
    end
  end)

  it("is not held up by silent connections", function()
    local silent = {}
    for i = 1, 50 do silent[i] = connect() end
    assert.equal(200, (support.request(server.url .. "/text")))
    assert.equal(200, (support.request(server.url .. "/healthz")))
    for _, client in ipairs(silent) do client:close() end
  end)

  it("keeps connections to workers and closes those to the admin", function()
    local client = connect()
    for _ = 1, 3 do
      local reply = client:request("/text"):read_reply()
      assert.equal("HTTP/1.1 200 OK", reply.line)
      assert.equal("hello", reply.body)
    end
    client:close()
    local _, _, headers = support.request(server.url .. "/healthz",
      { headers = { Connection = "keep-alive" } })
    assert.equal("close", headers.connection)
  end)

  it("sends a worker's client to a new connection for the admin", function()
    local client = connect()
    client:send("GET /text HTTP/1.1\r\nHost: a\r\n\r\n" ..
      "GET /debug/pprof/heap?debug=1&x=a+b%26 HTTP/1.1\r\nHost: a\r\n\r\n")
    local reply = client:read_to_end()
    client:close()
    assert.truthy(reply:find("HTTP/1.1 307", 1, true), reply)
    assert.truthy(reply:find("Connection: close", 1, true), reply)
    local location = reply:match("Location: ([^\r]*)")
    assert.equal("/debug/pprof/heap?debug=1&x=a+b%26", location)
    assert.equal(200, (support.request(server.url .. location)))
  end)

  it("answers pipelined requests in order", function()
    local client = connect()
    client:send(("GET /text HTTP/1.1\r\nHost: a\r\n\r\n"):rep(3) ..
      "GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    local reply = client:read_to_end()
    local statuses = {}
    for status in reply:gmatch("HTTP/1.1 (%d+)") do
      statuses[#statuses + 1] = status
    end
    assert.same({ "200", "200", "200", "404" }, statuses)
    client:close()
  end)

  it("stands handlers that are out of their mind", function()
    for _, path in ipairs { "/mad/recursion", "/mad/tostring", "/mad/memory" } do
      assert.equal(500, (support.request(server.url .. path)), path)
    end
    assert.equal(200, (support.request(server.url .. "/text")))
  end)
end)

describe("with few descriptors, the server", function()
  it("answers 503 to what it cannot take, and recovers", function()
    local folder = support.new_folder()
    support.write_file(folder .. "/routes.lua", ROUTES)
    local port = support.free_port()
    local server = support.start { "sh", "-c", table.concat({
      "ulimit -n 196; exec", support.quote(support.perilune),
      "serve --workers 1 --listen 127.0.0.1:" .. port, folder }, " ") }
    local url = "http://127.0.0.1:" .. port .. "/text"
    support.wait_until(function() return support.request(url) == 200 end)
    local clients = {}
    for i = 1, 140 do -- 100 fit, and 32 that are silent
      clients[i] = raw_http.connect(port)
    end
    assert.equal("HTTP/1.1 503 Service Unavailable", clients[140]:read_line())
    for _, client in ipairs(clients) do client:close() end
    support.wait_until(function() return support.request(url) == 200 end)
    assert.equal(0, server:stop())
    support.remove_folder(folder)
  end)
end)

describe("SIGTERM", function()
  local folder

  before_each(function()
    folder = support.new_folder()
    support.write_file(folder .. "/routes.lua", ROUTES)
  end)

  after_each(function() support.remove_folder(folder) end)

  --- Sends a request, waits until its handler runs, and ends the server.
  local function end_during(server, path)
    local client = state.begin(server, path)
    server:signal "TERM"
    state.wait_for_log(server, "event=stopping")
    return client
  end

  it("lets requests end, and ends with 0", function()
    local server = support.serve { "--workers", "2", folder }
    local file = folder .. "/end"
    local client = end_during(server, "/sleep-until?file=" .. file)
    support.write_file(file, "")
    local reply = client:read_reply()
    assert.same({ 200, "slept" }, { reply.status, reply.body })
    assert.equal("close", reply.headers.connection)
    client:close()
    assert.equal(0, server:wait())
    server:stop()
  end)

  it("refuses new connections, and a second one ends it at once", function()
    local server = support.serve { "--workers", "1", folder }
    local client = end_during(server, "/sleep?seconds=60")
    support.wait_until(function() return not raw_http.is_listening(server.port) end, "a refusal")
    assert.is_true(server:alive())
    server:signal("TERM")
    assert.equal(143, server:wait()) -- 128 + 15: the first one lets it end with 0
    server:stop()
    client:close()
  end)

  it("is not cut short by a SIGHUP", function()
    local server = support.serve { "--workers", "1", folder }
    local file = folder .. "/end"
    local client = end_during(server, "/sleep-until?file=" .. file)
    server:signal("HUP")
    socket.sleep(0.1) -- in which a server that the signal ends would end
    support.write_file(file, "")
    assert.equal("HTTP/1.1 200 OK", client:read_line())
    assert.equal(0, server:wait())
    server:stop()
    client:close()
  end)

  it("does not wait for idle connections", function()
    local server = support.serve { "--workers", "1", folder }
    local idle = raw_http.begin(server.port, "/text")
    assert.equal(200, idle:read_reply().status)
    local silent = raw_http.connect(server.port)
    server:signal("TERM")
    assert.equal(0, server:wait(4.5)) -- it waits for requests for 5 s
    server:stop()
    idle:close()
    silent:close()
  end)

  it("refuses /metrics, since workers may be gone", function()
    local server = support.serve { "--workers", "2", folder }
    local late = raw_http.connect(server.port):send "GET /metrics HTTP/1.1\r\nHost: a\r\n"
    local file = folder .. "/end"
    local client = end_during(server, "/sleep-until?file=" .. file)
    late:send "\r\n"
    assert.equal("HTTP/1.1 503 Service Unavailable", late:read_line())
    support.write_file(file, "")
    assert.equal("HTTP/1.1 200 OK", client:read_line())
    assert.equal(0, server:wait())
    server:stop()
    client:close()
    late:close()
  end)

  it("ends within seconds while a handler sleeps for long", function()
    local server = support.serve { "--workers", "1", folder }
    local client = state.begin(server, "/sleep?seconds=600")
    server:signal("INT")
    assert.equal("HTTP/1.1 503 Service Unavailable", client:read_line())
    assert.equal(0, server:wait())
    server:stop()
    client:close()
  end)

  it("leaves a worker behind that never comes back", function()
    local server = support.serve { "--workers", "2", folder }
    local client = end_during(server, "/forever")
    assert.equal(0, server:wait())
    assert.truthy(server:output():find("event=abandoned workers=1", 1, true))
    server:stop()
    client:close()
  end)
end)

it("a request line that does not end is answered with 408", function()
  assert.equal("HTTP/1.1 408 Request Timeout", slow.client:read_line())
  slow.client:close()
end)
