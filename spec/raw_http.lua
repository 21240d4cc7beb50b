-- raw_http.lua: an HTTP client for specs that need the connection itself: to
-- send bytes that are not a well-formed request, to hold a request open while
-- something else happens, or to read a reply in parts. One request and its
-- reply: support.request.
--
-- Every read has a deadline and raises an error that says what was awaited,
-- for how long, and which bytes came instead. All servers are on 127.0.0.1.
local socket = require "socket"

local M = {}

local THIS_FILE = debug.getinfo(1, "S").source

--- Seconds that a read may take unless the connection has its own limit. It is
-- long because a busy machine is not a failure of the server.
local READ_SECONDS = 30

---@class raw_http.Reply
---@field line string the status line
---@field status integer
---@field headers table<string, string> names in lower case; equal names joined with ", "
---@field body string without the chunks' framing

---@class raw_http.RequestOptions
---@field method? string "GET" unless given
---@field headers? table<string, string>
---@field body? string sent with its Content-Length
---@field version? string "1.1" unless given

---@class raw_http.ConnectOptions
---@field seconds? number limit of each read
---@field receive_buffer? integer size of the socket's receive buffer in bytes

---@class raw_http.Connection
---@field socket table LuaSocket's client object
---@field port integer
---@field seconds number
---@field sent string the first line of the last bytes sent, for error messages
local Connection = {}
Connection.__index = Connection

--- Raises an error at the line of the spec that called into this file.
local function fail(message)
  local level = 2
  while debug.getinfo(level, "S").source == THIS_FILE do level = level + 1 end
  error(message, level)
end

--- Connects to 127.0.0.1. Raises an error if nobody listens on the port.
---@param port integer
---@param options? raw_http.ConnectOptions
---@return raw_http.Connection
function M.connect(port, options)
  options = options or {}
  local seconds = options.seconds or READ_SECONDS
  local client = assert(socket.tcp4())
  if options.receive_buffer then
    assert(client:setoption("recv-buffer-size", options.receive_buffer))
  end
  client:settimeout(seconds)
  local ok, why = client:connect("127.0.0.1", port)
  if not ok then
    client:close()
    fail(("cannot connect to 127.0.0.1:%d: %s"):format(port, why))
  end
  client:setoption("tcp-nodelay", true)
  return setmetatable({ socket = client, port = port, seconds = seconds, sent = "" }, Connection)
end

--- Connects and sends a request whose reply is read later.
---@param port integer
---@param path string
---@param options? raw_http.RequestOptions
---@return raw_http.Connection
function M.begin(port, path, options)
  return M.connect(port):request(path, options)
end

--- Returns true if a connection to the port is accepted.
---@param port integer
---@return boolean
function M.is_listening(port)
  local client = socket.connect("127.0.0.1", port)
  if client then client:close() end
  return client ~= nil
end

--- Opens connections until it has one to each of `n` workers. The reply to GET
-- `path` must be a text that differs from worker to worker. Raises an error
-- after 200 connections. The caller closes the connections.
---@param port integer
---@param path string
---@param n integer
---@return raw_http.Connection[]
function M.connect_to_each(port, path, n)
  local found, others, seen = {}, {}, {}
  while #found < n do
    if #found + #others == 200 then
      fail(("200 connections met %d of %d workers"):format(#found, n))
    end
    local connection = M.connect(port)
    local worker = connection:request(path):read_reply().body
    -- One that is not needed stays open meanwhile: the server gives new
    -- connections to the worker that has fewest.
    local list = seen[worker] and others or found
    list[#list + 1] = connection
    seen[worker] = true
  end
  for _, connection in ipairs(others) do connection:close() end
  return found
end

--- Sends bytes. A server may answer and close before it has read all of them,
-- so a closed connection is no error here: the next read tells.
---@param bytes string
---@return raw_http.Connection self
function Connection:send(bytes)
  self.sent = bytes:match "^[^\r\n]*"
  self.socket:settimeout(self.seconds, "t")
  local _, why = self.socket:send(bytes)
  if why == "timeout" then
    fail(("127.0.0.1:%d did not take %d bytes within %g s"):format(self.port, #bytes, self.seconds))
  end
  return self
end

--- Sends a request.
---@param path string
---@param options? raw_http.RequestOptions
---@return raw_http.Connection self
function Connection:request(path, options)
  options = options or {}
  local lines = {
    ("%s %s HTTP/%s"):format(options.method or "GET", path, options.version or "1.1"), "Host: x",
  }
  for name, value in pairs(options.headers or {}) do lines[#lines + 1] = name .. ": " .. value end
  if options.body then lines[#lines + 1] = "Content-Length: " .. #options.body end
  return self:send(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (options.body or ""))
end

--- Reads what LuaSocket's pattern says, until the deadline. `what` names it in
-- the error. With `may_end`, the end of the connection ends the read, too, and the
-- second result is its reason.
local function receive(self, pattern, deadline, what, may_end)
  self.socket:settimeout(math.max(deadline - socket.gettime(), 0), "t")
  local data, why, part = self.socket:receive(pattern)
  if data then return data end
  if may_end and why ~= "timeout" then return part, why end
  if why == "timeout" then why = ("nothing more within %g s"):format(self.seconds) end
  return fail(("no %s from 127.0.0.1:%d after %q: %s; %d bytes came: %q"):format(
    what, self.port, self.sent, why, #part, part:sub(-200)))
end

function Connection:deadline() return socket.gettime() + self.seconds end

--- Reads a line; the result is without its end.
---@return string
function Connection:read_line() return (receive(self, "*l", self:deadline(), "line")) end

--- Reads exactly `n` bytes.
---@param n integer
---@return string
function Connection:read_bytes(n) return (receive(self, n, self:deadline(), n .. " bytes")) end

--- Reads all bytes until the server closes the connection. The second result is
-- LuaSocket's word for an end that was not orderly, such as a reset.
---@return string bytes, string? why
function Connection:read_to_end()
  return receive(self, "*a", self:deadline(), "end of the connection", true)
end

local function read_headers(self, deadline)
  local headers = {}
  while true do
    local line = receive(self, "*l", deadline, "header")
    if line == "" then return headers end
    local name, value = line:match "^([^:]+):%s*(.-)%s*$"
    if not name then fail(("%q is not a header"):format(line)) end
    name = name:lower()
    headers[name] = headers[name] and headers[name] .. ", " .. value or value
  end
end

local function read_chunks(self, deadline)
  local chunks = {}
  while true do
    local line = receive(self, "*l", deadline, "chunk")
    local size = tonumber(line:match "^%x+", 16)
    if not size then fail(("%q is not the size of a chunk"):format(line)) end
    if size == 0 then break end
    chunks[#chunks + 1] = receive(self, size, deadline, "chunk's bytes")
    receive(self, 2, deadline, "chunk's end")
  end
  read_headers(self, deadline) -- the trailers
  return table.concat(chunks)
end

--- Reads one reply and leaves the connection open, so that the next request can
-- follow. `method` is the request's; after "HEAD" no body is read.
---@param method? string
---@return raw_http.Reply
function Connection:read_reply(method)
  local deadline = self:deadline()
  local line = receive(self, "*l", deadline, "reply")
  local status = tonumber(line:match "^HTTP/1%.[01] (%d%d%d) ")
  if not status then fail(("%q is not a status line"):format(line)) end
  local headers, body = read_headers(self, deadline), nil
  local length = tonumber(headers["content-length"])
  if method == "HEAD" or status < 200 or status == 204 or status == 304 or length == 0 then
    body = ""
  elseif headers["transfer-encoding"] == "chunked" then
    body = read_chunks(self, deadline)
  elseif length then
    body = receive(self, length, deadline, "body")
  else
    body = receive(self, "*a", deadline, "end of the body", true)
  end
  return { line = line, status = status, headers = headers, body = body }
end

--- Reads the reply, which must have the status 200, and closes the connection.
---@return string body
function Connection:finish()
  local reply = self:read_reply()
  self:close()
  if reply.status ~= 200 then
    fail(("%q is answered with %q: %s"):format(self.sent, reply.line, reply.body))
  end
  return reply.body
end

--- Returns true if for `seconds` (0 unless given) neither bytes come nor the
-- end of the connection.
---@param seconds? number
---@return boolean
function Connection:is_silent(seconds)
  return #socket.select({ self.socket }, nil, seconds or 0) == 0
end

--- Ends the client's half of the connection; replies can still be read.
function Connection:shutdown() self.socket:shutdown "send" end

function Connection:close() self.socket:close() end

--- Closes the connection with a reset instead of an orderly end.
function Connection:reset()
  self.socket:setoption("linger", { on = true, timeout = 0 })
  self.socket:close()
end

return M
