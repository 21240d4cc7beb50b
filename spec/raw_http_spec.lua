-- raw_http_spec.lua: the client that the other specs read replies with, against a
-- peer in this process that sends what a test wants.
local raw_http = require "raw_http"
local socket = require "socket"

local listener, port

setup(function()
  listener = assert(socket.bind("127.0.0.1", 0))
  port = select(2, listener:getsockname())
end)

teardown(function() listener:close() end)

--- Connects a client whose peer has sent `bytes`, and closed unless `stays`.
local function client_of(bytes, stays)
  local client = raw_http.connect(port, { seconds = 0.2 })
  local peer = listener:accept()
  peer:send(bytes)
  if not stays then peer:close() end
  return client, peer
end

local function error_of(f, ...)
  local arguments = { ... }
  local ok, why = pcall(function() f(table.unpack(arguments)) end)
  assert.is_false(ok)
  return why
end

it("reads replies of every framing, one after the other", function()
  local client = client_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: 1\r\na: 2\r\n\r\nabc"
    .. "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\nA;x=y\r\n0123456789\r\n0\r\nT: u\r\n\r\n"
    .. "HTTP/1.1 204 No Content\r\n\r\n"
    .. "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    .. "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    .. "HTTP/1.1 200 OK\r\n\r\nuntil the end")
  local first = client:read_reply()
  assert.same({ 200, "abc", "1, 2" }, { first.status, first.body, first.headers.a })
  local second = client:read_reply()
  assert.same({ "HTTP/1.1 201 Created", "de0123456789" }, { second.line, second.body })
  assert.same({ 204, "" }, { client:read_reply().status, first.headers.b or "" })
  assert.equal("", client:read_reply("HEAD").body)
  assert.equal(404, client:read_reply().status)
  assert.equal("until the end", client:read_reply().body)
end)

it("says what it awaited and what came", function()
  local client, peer = client_of("HTTP/1.1 20", true)
  peer:setoption("tcp-nodelay", true)
  local why = error_of(client.read_reply, client:request "/x")
  assert.truthy(why:find(('no reply from 127.0.0.1:%d after "GET /x HTTP/1.1": nothing more within 0.2 s; '
    .. '11 bytes came: "HTTP/1.1 20"'):format(port), 1, true), why)
  assert.equal("raw_http_spec.lua", why:match "([%w_]+%.lua):%d+:")
  peer:close()
  client = client_of "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na"
  assert.truthy(error_of(client.read_reply, client):find 'no body .*: closed; 1 bytes came: "a"')
  client = client_of "nonsense\r\n"
  assert.truthy(error_of(client.read_reply, client):find('"nonsense" is not a status line', 1, true))
  client = client_of "HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nwhy"
  assert.truthy(error_of(client.finish, client:request "/x")
    :find('"GET /x HTTP/1.1" is answered with "HTTP/1.1 500 Oops": why', 1, true))
end)

it("knows when nothing comes", function()
  local client, peer = client_of("", true)
  assert.is_true(client:is_silent())
  assert.is_true(client:is_silent(0.01))
  peer:send "x"
  assert.is_false(client:is_silent(5))
  assert.equal("x", client:read_bytes(1))
  peer:close()
  assert.is_false(client:is_silent(5)) -- the end
  assert.equal("", client:read_to_end())
end)

it("tells who listens", function()
  assert.is_true(raw_http.is_listening(port))
  listener:accept():close()
  local other = assert(socket.bind("127.0.0.1", 0))
  local free = select(2, other:getsockname())
  other:close()
  assert.is_false(raw_http.is_listening(free))
  assert.truthy(error_of(raw_http.connect, free)
    :find(("cannot connect to 127.0.0.1:%d: connection refused"):format(free), 1, true))
end)
