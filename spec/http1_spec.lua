-- http1_spec.lua: HTTP/1.1 of correct and of faulty clients, over raw sockets and
-- by curl.
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local json = require "json"
local scheduler = require "scheduler"
return {
  ["/echo/{rest...}"] = function(req)
    return { method = req.method, path = req.path, rest = req.params.rest,
      body = req.body, query = req.query }
  end,
  ["GET /data"] = function() return "data" end,
  ["GET /number/{n}"] = function(req) return "<" .. req.params.n .. ">" end,
  ["GET /nap/{n}"] = function(req)
    -- Later requests are ready first.
    scheduler.sleep(tonumber(req.params.n) % 3 * 0.002) -- the order is what is tested
    return "<" .. req.params.n .. ">"
  end,
  ["POST /length"] = function(req) return tostring(#req.body) end,
  ["GET /segment/{one}/{two}"] = function(req)
    return json.array { req.params.one, req.params.two }
  end,
  ["GET /query"] = function(req) return { first = req.query, all = req.query_all } end,
  ["OPTIONS /own"] = function() return 200, "mine" end,
  ["POST /own"] = function() end,
  ["GET /headers"] = function(req)
    return { upper = req.headers["X-TEST"], lower = req.headers["x-test"],
      mixed = req.headers["X-Test"] }
  end,
}
]==]

local server, folder

local function connect(raw)
  local client = raw_http.connect(server.port)
  if raw then client:send(raw) end
  return client
end

--- Sends bytes and returns all that the server says until it closes the
-- connection.
local function ask(raw)
  local client = connect(raw)
  local all = client:read_to_end()
  client:close()
  return all
end

--- Returns status and body of the next reply on a connection.
local function read_reply(client)
  local reply = client:read_reply()
  return reply.status, reply.body
end

--- Sends a request and reads its reply. The connection must serve another one.
local function exchange(raw)
  local client = connect(raw)
  local status, body = read_reply(client)
  assert.same({ 200, "data" }, { read_reply(client:request "/data") })
  client:close()
  return status, body
end

local function get(target, headers)
  return exchange(("GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n"):format(target, headers or ""))
end

local POST = "POST /echo/x HTTP/1.1\r\nHost: a\r\n"
local CHUNKED = POST .. "Transfer-Encoding: chunked\r\n\r\n"

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "1", folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

describe("pipelining", function()
  for what, path in pairs { ["of quick handlers"] = "/number/", ["of handlers that wait"] = "/nap/" } do
    it("100 deep " .. what .. " is answered in order", function()
      local parts = {}
      for i = 1, 100 do
        parts[i] = ("GET %s%d HTTP/1.1\r\nHost: a\r\n\r\n"):format(path, i)
      end
      local client = connect(table.concat(parts))
      for i = 1, 100 do
        assert.same({ 200, "<" .. i .. ">" }, { read_reply(client) })
      end
      client:close()
    end)
  end

  it("mixes bodies of both kinds, HEAD and unknown paths", function()
    local client = connect(
      POST .. "Content-Length: 3\r\n\r\nabc" .. CHUNKED .. "2\r\nde\r\n0\r\n\r\n"
      .. "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"
      .. "GET /data HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    local _, first = read_reply(client)
    assert.truthy(first:find('"body":"abc"', 1, true))
    local _, second = read_reply(client)
    assert.truthy(second:find('"body":"de"', 1, true))
    assert.equal(404, (read_reply(client)))
    assert.same({ 200, "data" }, { read_reply(client) })
    assert.equal("", client:read_to_end())
    client:close()
  end)

  it("works a byte at a time", function()
    local request = POST .. "X-Test: yes\r\nContent-Length: 3\r\n\r\nabc"
    local client = connect()
    for _ = 1, 2 do
      for i = 1, #request do client:send(request:sub(i, i)) end
      local status, body = read_reply(client)
      assert.equal(200, status)
      assert.truthy(body:find('"body":"abc"', 1, true))
    end
    client:close()
  end)
end)

describe("a chunked upload", function()
  for what, chunks in pairs {
    ["plain"] = "5\r\nhello\r\n0\r\n\r\n",
    ["of many chunks"] = "1\r\nh\r\n1\r\ne\r\n2\r\nll\r\n1\r\no\r\n0\r\n\r\n",
    ["with extensions"] = "5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n",
    ["with trailers"] = "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
    ["with zeros and capitals in its sizes"] = "0005\r\nhello\r\n000\r\n\r\n",
  } do
    it(what, function()
      local status, body = exchange(CHUNKED .. chunks)
      assert.equal(200, status)
      assert.truthy(body:find('"body":"hello"', 1, true), body)
    end)
  end

  it("cut at every place", function()
    local request = CHUNKED .. "A\r\n0123456789\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n"
    for cut = #CHUNKED + 1, #request - 1 do
      local client = connect(request:sub(1, cut))
      socket.sleep(0.001) -- so that the server mostly reads the parts one by one
      client:send(request:sub(cut + 1))
      local status, body = read_reply(client)
      assert.equal(200, status)
      assert.truthy(body:find('"body":"0123456789abc"', 1, true), body)
      client:close()
    end
  end)

  for what, chunks in pairs {
    ["a size that is no number"] = "zz\r\nabc\r\n0\r\n\r\n",
    ["a negative size"] = "-1\r\nabc\r\n0\r\n\r\n",
    ["a size with 0x"] = "0x3\r\nabc\r\n0\r\n\r\n",
    ["no size"] = "\r\nabc\r\n0\r\n\r\n",
    ["more bytes than its size"] = "3\r\nabcd\r\n0\r\n\r\n",
  } do
    it("with " .. what .. " is answered with 400", function()
      assert.truthy(ask(CHUNKED .. chunks):find "^HTTP/1.1 400 ")
    end)
  end

  it("with a size beyond all bounds is answered with 413", function()
    assert.truthy(ask(CHUNKED .. "ffffffffffffffffff\r\nabc"):find "^HTTP/1.1 413 ")
  end)
end)

describe("Expect: 100-continue", function()
  local HEAD = "POST /length HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "

  it("is answered before the body is sent", function()
    local client = connect(HEAD .. "5\r\n\r\n")
    assert.equal("HTTP/1.1 100 Continue", client:read_line())
    assert.equal("", client:read_line())
    client:send "hello"
    assert.same({ 200, "5" }, { read_reply(client) })
    client:close()
  end)

  it("is answered with 413 instead where the body would be too long", function()
    local reply = ask(HEAD .. 8 * 1024 * 1024 + 1 .. "\r\n\r\n")
    assert.truthy(reply:find "^HTTP/1.1 413 ", reply)
    assert.is_nil(reply:find("100 Continue", 1, true))
  end)

  it("other expectations are answered with 417", function()
    assert.truthy(ask(POST .. "Expect: tea\r\nContent-Length: 1\r\n\r\nx"):find "^HTTP/1.1 417 ")
  end)

  it("is what curl does", function()
    local code, out = support.run(("head -c 3000000 /dev/zero | curl -s -H 'Expect: 100-continue' "
      .. "--data-binary @- %s/length"):format(server.url))
    assert.same({ 0, "3000000" }, { code, out })
  end)
end)

describe("a body", function()
  it("of 8 MiB is taken, of either kind", function()
    for _, header in ipairs { "X: y", "Transfer-Encoding: chunked" } do
      local code, out = support.run(("head -c 8388608 /dev/zero | curl -s -H '%s' "
        .. "--data-binary @- %s/length"):format(header, server.url))
      assert.same({ 0, "8388608" }, { code, out })
    end
  end)

  it("that is longer is answered with 413, of either kind", function()
    for _, header in ipairs { "X: y", "Transfer-Encoding: chunked" } do
      local _, out = support.run(("head -c 8388609 /dev/zero | curl -s -H '%s' -o /dev/null "
        .. "-w '%%{http_code}' --data-binary @- %s/length"):format(header, server.url))
      assert.equal("413", out)
    end
  end)

  it("may be empty", function()
    for _, head in ipairs { "", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n" } do
      local last = head:find "chunked" and "0\r\n\r\n" or ""
      local status, body = exchange(POST .. head .. "\r\n" .. last)
      assert.equal(200, status)
      assert.truthy(body:find('"body":""', 1, true), body)
    end
  end)

  it("may come with GET, and holds any bytes", function()
    local bytes = {}
    for i = 0, 255 do bytes[i + 1] = string.char(i) end
    local status, body = exchange("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 256\r\n\r\n"
      .. table.concat(bytes))
    assert.same({ 200, "256" }, { status, body })
    _, body = exchange("GET /echo/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
    assert.truthy(body:find('"body":"abc"', 1, true), body)
  end)
end)

describe("bad framing", function()
  for what, head in pairs {
    ["two lengths that differ"] = "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    ["a list of lengths"] = "Content-Length: 3, 3\r\n\r\nabc",
    ["length and chunks"] = "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ["chunks and length"] = "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ["a negative length"] = "Content-Length: -3\r\n\r\nabc",
    ["a length with a sign"] = "Content-Length: +3\r\n\r\nabc",
    ["a length in hexadecimal"] = "Content-Length: 0x3\r\n\r\nabc",
    ["a length with junk"] = "Content-Length: 3x\r\n\r\nabc",
    ["an empty length"] = "Content-Length:\r\n\r\nabc",
    ["a space before a colon"] = "Content-Length : 3\r\n\r\nabc",
    ["a folded coding"] = "Transfer-Encoding:\r\n chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ["a folded header"] = "X: a\r\n b\r\n\r\n",
    ["a header that begins with a space"] = " X: a\r\n\r\n",
    ["a header without a colon"] = "nonsense\r\n\r\n",
    ["a name that is no token"] = "X(Y): z\r\n\r\n",
    ["a CR in a value"] = "X: a\rb\r\n\r\n",
    ["two hosts"] = "Host: b\r\n\r\n",
  } do
    it(what .. " is answered with 400", function()
      local reply = ask(POST .. head .. "GET /data HTTP/1.1\r\nHost: a\r\n\r\n")
      assert.truthy(reply:find "^HTTP/1.1 400 Bad Request\r\n", reply)
      assert.truthy(reply:find("Connection: close", 1, true))
      -- The server does not take the bytes that follow for a request.
      assert.is_nil(reply:find("HTTP/1.1 200", 1, true), reply)
    end)
  end

  for what, coding in pairs {
    unknown = "gzip", combined = "gzip, chunked", twice = "chunked, chunked",
    ["given twice"] = "chunked\r\nTransfer-Encoding: chunked",
  } do
    it("a coding " .. what .. " is answered with 501", function()
      assert.truthy(ask(POST .. "Transfer-Encoding: " .. coding .. "\r\n\r\n0\r\n\r\n")
        :find "^HTTP/1.1 501 ")
    end)
  end

  it("chunks in HTTP/1.0 are answered with 400", function()
    assert.truthy(ask "POST /echo/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      :find "^HTTP/1.1 400 ")
  end)

  it("a length beyond all bounds is answered with 413", function()
    assert.truthy(ask(POST .. "Content-Length: 99999999999999999999999\r\n\r\n")
      :find "^HTTP/1.1 413 ")
  end)

  it("the same length twice is harmless", function()
    assert.equal(200, (exchange(POST .. "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc")))
  end)

  it("says what is wrong", function()
    local reply = ask(POST .. "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert.truthy(reply:find("either Content-Length or Transfer-Encoding, not both", 1, true))
  end)
end)

describe("a request line", function()
  for what, line in pairs {
    ["with a bad method"] = "G@T /data HTTP/1.1",
    ["without a version"] = "GET /data",
    ["with another protocol"] = "GET /data HTTQ/1.1",
    ["with a space in its target"] = "GET /echo/a b HTTP/1.1",
    ["with a relative target"] = "GET data HTTP/1.1",
    ["of CONNECT"] = "CONNECT host:80 HTTP/1.1",
  } do
    it(what .. " is answered with 400", function()
      assert.truthy(ask(line .. "\r\nHost: a\r\n\r\n"):find "^HTTP/1.1 400 ")
    end)
  end

  it("of HTTP/2.0 is answered with 505", function()
    assert.truthy(ask "GET /data HTTP/2.0\r\nHost: a\r\n\r\n":find "^HTTP/1.1 505 ")
  end)

  it("without Host is for HTTP/1.0 only", function()
    assert.truthy(ask "GET /data HTTP/1.1\r\n\r\n":find "^HTTP/1.1 400 ")
    assert.truthy(ask "GET /data HTTP/1.0\r\n\r\n":find "\r\n\r\ndata$")
  end)

  it("may have an absolute target, for the admin too", function()
    local _, body = get "http://elsewhere:99/echo/y?z=1"
    assert.truthy(body:find('"path":"/echo/y"', 1, true), body)
    assert.truthy(body:find('"z":"1"', 1, true), body)
    assert.equal(404, (get "http://elsewhere"))
    for _, path in ipairs { "/healthz", "/metrics", "/debug/pprof/cmdline" } do
      assert.truthy(ask("GET HTTP://elsewhere" .. path .. " HTTP/1.1\r\nHost: a\r\n\r\n")
        :find "^HTTP/1.1 200 ")
    end
  end)

  it("may follow empty lines, and end with LF", function()
    assert.equal(200, (exchange "\r\n\r\nGET /data HTTP/1.1\r\nHost: a\r\n\r\n"))
    assert.equal(200, (exchange "GET /data HTTP/1.1\nHost: a\n\n"))
  end)

  it("that is too long is answered with 414, a head with 431", function()
    assert.truthy(ask("GET /" .. ("x"):rep(20000) .. " HTTP/1.1\r\nHost: a\r\n\r\n")
      :find "^HTTP/1.1 414 ")
    assert.truthy(ask("GET /data HTTP/1.1\r\nHost: a\r\nX: " .. ("x"):rep(20000) .. "\r\n\r\n")
      :find "^HTTP/1.1 431 ")
  end)

  it("and a head of any length is answered: with 200, then with 431", function()
    local function status(header, n)
      local reply = ask(("GET /data HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n\r\n")
        :format(header:format(("x"):rep(n))))
      return tonumber(reply:match "^HTTP/1.1 (%d+)")
    end
    -- A longer head would be answered while the client still sends it.
    for _, case in ipairs { { "X: %s", 15000, 16200 }, { "Cookie: a=%s", 7000, 9000 } } do
      local header, least, most = table.unpack(case)
      local last = 200
      for n = least, most, 20 do
        local got = status(header, n)
        assert.truthy(got == 431 or got == last, ("%s, %d bytes: %s"):format(header, n, got))
        last = got
      end
      assert.equal(200, status(header, least))
      assert.equal(431, last)
    end
  end)

  it("of garbage closes the connection", function()
    assert.is_nil(ask "\1\2\3garbage\r\n\r\n":find("200", 1, true))
  end)

  it("of TLS is told that it has the wrong port", function()
    local _, _, err = support.run(("curl -sS -m 30 https://127.0.0.1:%d/"):format(server.port))
    assert.truthy(err:find "wrong version number", err)
    assert.truthy(ask("\22\3\1\2\0\1\0\1\252\3\3"):find("without TLS", 1, true))
  end)
end)

describe("a method", function()
  it("may be any, where the route takes any", function()
    local _, body = exchange "BREW /echo/pot HTTP/1.1\r\nHost: a\r\n\r\n"
    assert.truthy(body:find('"method":"BREW"', 1, true), body)
  end)

  it("that the route does not take is answered with 405", function()
    for _, method in ipairs { "DELETE", "TRACE", "get" } do
      assert.equal(405, (exchange(method .. " /data HTTP/1.1\r\nHost: a\r\n\r\n")))
    end
  end)

  it("HEAD has GET's head, without its body", function()
    local reply = ask "HEAD /data HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert.truthy(reply:find("Content-Length: 4\r\n", 1, true))
    assert.truthy(reply:find "\r\n\r\n$")
  end)

  it("OPTIONS tells the methods, unless a route handles it", function()
    local reply = ask "OPTIONS /data HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert.truthy(reply:find "^HTTP/1.1 204 ", reply)
    assert.truthy(reply:find("Allow: GET, HEAD, OPTIONS\r\n", 1, true), reply)
    assert.same({ 200, "mine" }, { exchange "OPTIONS /own HTTP/1.1\r\nHost: a\r\n\r\n" })
    assert.equal(404, (exchange "OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"))
    assert.equal(204, (exchange "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"))
  end)
end)

describe("percent-encoding", function()
  it("keeps segments apart", function()
    local _, body = get "/segment/a%2Fb/c%20d"
    assert.equal('["a/b","c d"]', body)
    assert.equal(404, (get "/segment/a/b/c"))
  end)

  it("of letters is the letters", function()
    local status, body = get "/d%61t%61"
    assert.same({ 200, "data" }, { status, body })
  end)

  it("may hold NUL and any byte, and stands for itself when malformed", function()
    local _, body = get "/segment/a%00b/%zz%4"
    assert.equal('["a\\u0000b","%zz%4"]', body)
    _, body = get "/segment/%C3%A4/\xc3\xa4"
    assert.equal('["ä","ä"]', body)
  end)

  it("in a query, with + for a space and names that come again", function()
    local _, body = get "/query?a=1+2&b=%26&a=3&c&d=&a=%2B"
    assert.truthy(body:find('"a":["1 2","3","+"]', 1, true), body)
    assert.truthy(body:find('"a":"1 2"', 1, true), body)
    for _, pair in ipairs { '"b":"&"', '"c":""', '"d":""', '"c":[""]' } do
      assert.truthy(body:find(pair, 1, true), body)
    end
  end)

  it("leaves dots and empty segments alone", function()
    local _, body = get "/echo/../x//y"
    assert.truthy(body:find('"rest":"../x//y"', 1, true), body)
  end)
end)

describe("a header", function()
  it("is found in any case, and joined when it comes again", function()
    local _, body = get("/headers", "x-TEST: one\r\nX-Test:two\r\n")
    for _, name in ipairs { "upper", "lower", "mixed" } do
      assert.truthy(body:find('"' .. name .. '":"one, two"', 1, true), body)
    end
  end)
end)

describe("a connection", function()
  it("is kept, in HTTP/1.0 when asked", function()
    local client = connect "GET /data HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert.same({ 200, "data" }, { read_reply(client) })
    client:send "GET /data HTTP/1.0\r\n\r\n"
    assert.truthy(client:read_to_end():find "\r\n\r\ndata$")
    client:close()
  end)

  it("is closed when asked", function()
    local reply = ask "GET /data HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert.truthy(reply:find("Connection: close", 1, true))
  end)

  it("whose client sends its request and closes is not kept", function()
    for _ = 1, 100 do connect("GET /data HTTP/1.1\r\nHost: a\r\n\r\n"):close() end
    for _ = 1, 100 do connect(POST .. "Content-Length: 9\r\n\r\nabc"):close() end
    support.wait_until(function()
      return state.metric(server, "perilune_http_connections") < 10
    end, "the server to close its ends")
  end)

  it("that ends within a request is closed", function()
    for _, part in ipairs { "GET /da", "GET /data HTTP/1.1\r\nHo", POST .. "Content-Length: 9\r\n\r\nabc",
      CHUNKED .. "5\r\nab" } do
      local client = connect(part)
      client:shutdown()
      assert.is_nil(client:read_to_end():find("200", 1, true))
      client:close()
    end
  end)
end)
