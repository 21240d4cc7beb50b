-- stream_spec.lua: replies that a function writes while they are sent, and
-- clients that leave while a handler waits.
-- Needs: time
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local log = require "log"
local scheduler = require "scheduler"
local kept, written = nil, 0

local function closing(message)
  return setmetatable({}, { __close = function() log.info(message) end })
end

return {
  ["GET /parts"] = function(req)
    return req:stream(function(write)
      write("one ", 2, " ")
      scheduler.sleep(0.05)
      write()
      write("")
      write("three")
    end)
  end,
  ["GET /full"] = function(req)
    return 201, req:stream(function(write) write("x", req.query.y, req.path) end),
      { ["X-A"] = "b", ["Content-Type"] = "application/x" }
  end,
  ["GET /empty"] = function(req) return req:stream(function() end) end,
  ["GET /body-twice"] = function(req)
    kept = kept or req:stream(function(write) write "again" end)
    return kept
  end,
  ["GET /megabytes/{n}"] = function(req)
    local n = tonumber(req.params.n)
    return req:stream(function(write)
      local block = ("0123456789abcdef"):rep(4096)
      written = 0
      for i = 1, n * 16 do
        write(block)
        written = i
      end
    end)
  end,
  ["GET /written"] = function() return tostring(written) end,
  ["GET /forever"] = function(req)
    return req:stream(function(write)
      local guard <close> = closing "forever_closed"
      while true do
        write "tick\n"
        scheduler.sleep(0.02)
      end
    end)
  end,
  ["GET /waits"] = function()
    local guard <close> = closing "waits_closed"
    scheduler.sleep(60)
    return "never"
  end,
  ["GET /fails"] = function(req)
    return req:stream(function(write) write "begun" error "broke off" end)
  end,
  ["GET /late"] = function(req)
    return req:stream(function(write)
      write "late"
      kept = write
    end)
  end,
  -- Its strings take the place of what it has given up.
  ["GET /gives-up-write"] = function(req)
    return req:stream(function(write)
      write "given up"
      write = nil
      collectgarbage()
      kept = {}
      for i = 1, 1000 do kept[i] = ("%020d"):format(i) end
    end)
  end,
  -- More than the client reads before its function, and all that it had, is
  -- over and collected.
  ["GET /outlives"] = function(req)
    return req:stream(function(write) write(("x"):rep(2 ^ 20)) end)
  end,
  ["GET /collect"] = function()
    collectgarbage()
    kept = {}
    for i = 1, 1000 do kept[i] = ("%020d"):format(i) end
  end,
  ["GET /strings"] = function()
    local n = 0
    for i, text in ipairs(kept) do
      if text == ("%020d"):format(i) then n = n + 1 end
    end
    return tostring(n)
  end,
  ["GET /keeps-write"] = function() kept "more" end,
  ["GET /other-coroutine"] = function(req)
    return req:stream(function(write)
      write(tostring(select(2, pcall(coroutine.wrap(write), "x"))))
    end)
  end,
  ["GET /bad-argument"] = function(req) return req:stream("text") end,
  ["GET /bad-value"] = function(req)
    return req:stream(function(write) write({}) end)
  end,
}
]==]

local server, folder

--- Waits for a line of the log.
local function wait_for_log(text)
  support.wait_until(function()
    return server:output():find(text, 1, true)
  end, text)
end

local function connect(path, version)
  local client = assert(socket.connect("127.0.0.1", server.port))
  client:settimeout(5)
  client:send(("GET %s HTTP/%s\r\nHost: x\r\n\r\n"):format(path, version or "1.1"))
  return client
end

local function status_counts(status)
  local _, metrics = support.request(server.url .. "/metrics")
  local n = 0
  for count in metrics:gmatch('code="' .. status .. '"} (%d+)') do
    n = n + tonumber(count)
  end
  return n
end

describe("a reply by req:stream", function()
  setup(function()
    folder = support.new_folder()
    support.write_file(folder .. "/routes.lua", ROUTES)
    server = support.serve { "--workers", "1", folder }
  end)

  teardown(function()
    assert.equal(0, server:stop())
    support.remove_folder(folder)
  end)

  it("is what its function writes, in chunks", function()
    local status, body, headers = support.request(server.url .. "/parts")
    assert.equal(200, status)
    assert.equal("one 2 three", body)
    assert.equal("chunked", headers["transfer-encoding"])
  end)

  it("comes while it is being written", function()
    local client = connect "/parts"
    local head = client:receive "*l"
    assert.equal("HTTP/1.1 200 OK", head)
    local seen = ""
    repeat seen = seen .. (client:receive(1) or error(seen)) until seen:find("one", 1, true)
    assert.is_nil(seen:find("three", 1, true))
    client:close()
  end)

  it("has a status and headers, and req at hand", function()
    local status, body, headers = support.request(server.url .. "/full?y=z")
    assert.equal(201, status)
    assert.equal("xz/full", body)
    assert.equal("b", headers["x-a"])
    assert.equal("application/x", headers["content-type"])
  end)

  it("may be empty, and returned again", function()
    local _, body = support.request(server.url .. "/empty")
    assert.equal("", body)
    for _ = 1, 2 do
      _, body = support.request(server.url .. "/body-twice")
      assert.equal("again", body)
    end
  end)

  it("does not run its function for HEAD", function()
    local status, body = support.request(server.url .. "/megabytes/1", { method = "HEAD" })
    assert.equal(200, status)
    assert.equal("", body)
    assert.equal("0", select(2, support.request(server.url .. "/written")))
  end)

  it("keeps its connection, pipelined too", function()
    local client = connect "/parts"
    client:send("GET /full?y=1 HTTP/1.1\r\nHost: x\r\n\r\nGET /written HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    local all = client:receive "*a"
    client:close()
    assert.equal(3, select(2, all:gsub("HTTP/1%.1 20", "")))
    assert.truthy(all:find("three\r\n0\r\n\r\nHTTP/1.1 201", 1, true), all)
  end)

  it("ends with the connection for HTTP/1.0", function()
    local client = connect("/parts", "1.0")
    local all = client:receive "*a"
    client:close()
    assert.truthy(all:find("\r\n\r\none 2 three$"), all)
  end)

  it("may outlive its function", function()
    local clients = {}
    for i = 1, 20 do
      clients[i] = assert(socket.tcp())
      clients[i]:setoption("recv-buffer-size", 4096)
      assert(clients[i]:connect("127.0.0.1", server.port))
      clients[i]:send "GET /outlives HTTP/1.1\r\nHost: x\r\n\r\n"
    end
    socket.sleep(0.1)
    support.request(server.url .. "/collect")
    for _, client in ipairs(clients) do client:close() end
    local _, body = support.request(server.url .. "/strings")
    assert.equal("1000", body)
  end)

  it("arrives whole when it is large", function()
    local code, out = support.run(("curl -s %s/megabytes/64 | md5sum"):format(server.url))
    assert.equal(0, code)
    local _, wanted = support.run(
      "yes 0123456789abcdef | tr -d '\\n' | head -c 67108864 | md5sum")
    assert.equal(wanted, out)
  end)

  it("is written no faster than its client reads", function()
    local client = assert(socket.tcp())
    client:setoption("recv-buffer-size", 65536)
    assert(client:connect("127.0.0.1", server.port))
    client:send "GET /megabytes/64 HTTP/1.1\r\nHost: x\r\n\r\n"
    socket.sleep(0.3)
    local _, body = support.request(server.url .. "/written")
    local written = tonumber(body)
    -- Of 64 MiB, what fits into the buffers of two sockets and our 64 KiB.
    assert.is_true(written < 16 * 16, "blocks of 64 KiB: " .. written)
    client:close()
  end)

  it("ends its function when its client leaves", function()
    local before = status_counts(200)
    local client = connect "/forever"
    assert(client:receive(100))
    client:close()
    wait_for_log "forever_closed"
    support.wait_until(function() return status_counts(200) > before end, "its end")
  end)

  it("closes a connection whose function fails, and logs why", function()
    local client = connect "/fails"
    local all = client:receive "*a"
    client:close()
    assert.truthy(all:find("begun", 1, true), all)
    assert.is_nil(all:find("\r\n0\r\n", 1, true))
    assert.truthy(server:output():find("broke off", 1, true))
  end)

  it("may let go of write", function()
    for _ = 1, 3 do
      local _, body = support.request(server.url .. "/gives-up-write")
      assert.equal("given up", body)
      _, body = support.request(server.url .. "/strings")
      assert.equal("1000", body)
    end
  end)

  it("cannot be written to by others, or later", function()
    assert.equal("late", select(2, support.request(server.url .. "/late")))
    assert.equal(500, (support.request(server.url .. "/keeps-write")))
    wait_for_log "write: the reply is over"
    local _, body = support.request(server.url .. "/other-coroutine")
    assert.truthy(body:find("write has to wait, which it cannot do in a coroutine", 1, true), body)
  end)

  it("says what is wrong with its arguments", function()
    assert.equal(500, (support.request(server.url .. "/bad-argument")))
    wait_for_log "function expected, got string"
    connect("/bad-value"):close()
    wait_for_log "string expected, got table"
  end)
end)

describe("a client that leaves while its handler waits", function()
  setup(function()
    folder = support.new_folder()
    support.write_file(folder .. "/routes.lua", ROUTES)
    server = support.serve { "--workers", "1", folder }
  end)

  teardown(function()
    assert.equal(0, server:stop())
    support.remove_folder(folder)
  end)

  it("ends it, and is counted as 499", function()
    local client = connect "/waits"
    socket.sleep(0.1)
    client:close()
    wait_for_log "waits_closed"
    support.wait_until(function() return status_counts(499) == 1 end, "the count")
    assert.equal("0", select(2, support.request(server.url .. "/written")))
  end)

  it("ends it by a reset, too", function()
    local client = connect "/waits"
    client:setoption("linger", { on = true, timeout = 0 })
    socket.sleep(0.1)
    client:close()
    support.wait_until(function() return status_counts(499) == 2 end, "the count")
  end)
end)

it("a server that stops breaks off a stream after its deadline", function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "1", folder }
  local client = connect "/forever"
  client:settimeout(10)
  assert(client:receive(100))
  assert.equal(0, server:stop())
  local rest = select(3, client:receive "*a") or ""
  client:close()
  assert.is_nil(rest:find("\r\n0\r\n", 1, true))
  support.remove_folder(folder)
end)
