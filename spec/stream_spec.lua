-- stream_spec.lua: replies that a function writes while they are sent, and
-- clients that leave while a handler waits.
-- Needs: time
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local log = require "log"
local scheduler = require "scheduler"
local kept, written, is_open, n_over = nil, 0, false, 0

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
  ["GET /gated"] = function(req)
    is_open = false
    return req:stream(function(write)
      write "one "
      repeat scheduler.sleep(0.01) until is_open
      write "two"
    end)
  end,
  ["GET /open"] = function() is_open = true end,
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
  -- The new strings take the memory that the function has given up.
  ["GET /gives-up-write"] = function(req)
    return req:stream(function(write)
      write "given up"
      write = nil
      collectgarbage()
      kept = {}
      for i = 1, 1000 do kept[i] = ("%020d"):format(i) end
    end)
  end,
  -- The client reads nothing until the function is over, and everything that
  -- the function had is collected.
  ["GET /outlives"] = function(req)
    return req:stream(function(write)
      write(("x"):rep(2 ^ 20))
      n_over = n_over + 1
    end)
  end,
  ["GET /over"] = function() return tostring(n_over) end,
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

local function begin(path, options) return raw_http.begin(server.port, path, options) end

local function get(path) return (select(2, support.request(server.url .. path))) end

local function wait_for_log(text) state.wait_for_log(server, text) end

local function wait_for_answers(status, n)
  support.wait_until(function() return state.count_answers(server, status) >= n end,
    ("%d answers with %d"):format(n, status))
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
    local client = begin "/gated"
    assert.equal("HTTP/1.1 200 OK", client:read_line())
    repeat until client:read_line() == ""
    assert.equal("4\r\none \r\n", client:read_bytes(9))
    get "/open"
    assert.equal("3\r\ntwo\r\n0\r\n\r\n", client:read_bytes(13))
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
    local client = begin "/parts"
    client:send("GET /full?y=1 HTTP/1.1\r\nHost: x\r\n\r\nGET /written HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    local all = client:read_to_end()
    client:close()
    assert.equal(3, select(2, all:gsub("HTTP/1%.1 20", "")))
    assert.truthy(all:find("three\r\n0\r\n\r\nHTTP/1.1 201", 1, true), all)
  end)

  it("ends with the connection for HTTP/1.0", function()
    local client = begin("/parts", { version = "1.0" })
    local all = client:read_to_end()
    client:close()
    assert.truthy(all:find("\r\n\r\none 2 three$"), all)
  end)

  it("may outlive its function", function()
    local clients = {}
    for i = 1, 20 do
      clients[i] = raw_http.connect(server.port, { receive_buffer = 4096 }):request "/outlives"
    end
    support.wait_until(function() return get "/over" == "20" end, "the functions to end")
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
    local client = raw_http.connect(server.port, { receive_buffer = 65536 })
    client:request "/megabytes/64"
    -- The function stands still once its client has to read.
    local written = 0
    support.wait_until(function()
      local before = written
      socket.sleep(0.2)
      written = tonumber(get "/written")
      return written > 0 and written == before
    end, "a function that waits for its client")
    -- The reply has 64 MiB. The buffers of two sockets and the 64 KiB of the stream
    -- hold a part of it.
    assert.is_true(written < 16 * 16, "blocks of 64 KiB: " .. written)
    client:close()
  end)

  it("ends its function when its client leaves", function()
    local before = state.count_answers(server, 200)
    local client = begin "/forever"
    client:read_bytes(100)
    client:close()
    wait_for_log "forever_closed"
    wait_for_answers(200, before + 1)
  end)

  it("closes a connection whose function fails, and logs why", function()
    local client = begin "/fails"
    local all = client:read_to_end()
    client:close()
    assert.truthy(all:find("begun", 1, true), all)
    assert.is_nil(all:find("\r\n0\r\n", 1, true))
    wait_for_log "broke off"
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
    assert.truthy(body:find("write has to wait, which is not possible in a coroutine", 1, true), body)
  end)

  it("says what is wrong with its arguments", function()
    assert.equal(500, (support.request(server.url .. "/bad-argument")))
    wait_for_log "function expected, got string"
    begin("/bad-value"):read_to_end()
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
    state.begin(server, "/waits"):close()
    wait_for_log "waits_closed"
    wait_for_answers(499, 1)
    assert.equal("0", select(2, support.request(server.url .. "/written")))
  end)

  it("ends it by a reset, too", function()
    state.begin(server, "/waits"):reset()
    wait_for_answers(499, 2)
  end)
end)

it("a server that stops breaks off a stream after its deadline", function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "1", folder }
  local client = begin "/forever"
  client:read_bytes(100)
  assert.equal(0, server:stop())
  local rest = client:read_to_end()
  client:close()
  assert.is_nil(rest:find("\r\n0\r\n", 1, true))
  support.remove_folder(folder)
end)
