-- support.lua: what every spec needs: run the real program, start and end it,
-- talk to it over real sockets.
local socket = require "socket"
local http = require "socket.http"
local ltn12 = require "ltn12"

local M = {}

M.source = os.getenv("PERILUNE_SOURCE") or "."
M.perilune = os.getenv("PERILUNE") or (M.source .. "/build/perilune")

--- A word for the shell, quoted.
function M.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

function M.read_file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

function M.write_file(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

function M.exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

--- A new empty folder; spec files remove it with M.remove_folder.
function M.new_folder()
  local pipe = assert(io.popen("mktemp -d /tmp/perilune-spec.XXXXXX"))
  local path = pipe:read("l")
  pipe:close()
  return path
end

function M.remove_folder(path)
  assert(path:match("^/tmp/perilune%-spec%."), path)
  os.execute("rm -rf " .. M.quote(path))
end

--- Run a shell command to its end: exit code, stdout, stderr.
function M.run(command)
  local errors = os.tmpname()
  local pipe = assert(io.popen("( " .. command .. "\n) 2>" .. errors, "r"))
  local out = pipe:read("a")
  local _, kind, code = pipe:close()
  local err = M.read_file(errors)
  os.remove(errors)
  return kind == "exit" and code or 128 + code, out, err
end

--- Run `perilune ARGUMENTS`.
function M.command(arguments)
  return M.run(M.quote(M.perilune) .. " " .. arguments)
end

-- Where possible below those that the kernel gives to connections: a client of
-- another test may take one of them at any time.
local FIRST_PORT, LAST_PORT = 10000, 32000
do
  local first = M.read_file("/proc/sys/net/ipv4/ip_local_port_range"):match "%d+"
  if tonumber(first) > FIRST_PORT + 1000 then
    LAST_PORT = math.min(LAST_PORT, first - 1)
  end
end
local next_port

--- A TCP port of 127.0.0.1 that nobody listens on. Tests run side by side, and
-- the port is taken only later: each process goes through the ports from a place
-- of its own on.
function M.free_port()
  if not next_port then
    local pid = tonumber(M.read_file("/proc/self/stat"):match "^%d+")
    next_port = FIRST_PORT + pid * 67 % (LAST_PORT - FIRST_PORT + 1)
  end
  for _ = FIRST_PORT, LAST_PORT do
    local port = next_port
    next_port = port < LAST_PORT and port + 1 or FIRST_PORT
    local server = socket.bind("127.0.0.1", port)
    if server then
      server:close()
      return port
    end
  end
  error "every port is taken"
end

--- Wait until f() is true; error after `seconds` (10).
function M.wait_until(f, what, seconds)
  local deadline = socket.gettime() + (seconds or 10)
  repeat
    local result = f()
    if result then return result end
    socket.sleep(0.02)
  until socket.gettime() > deadline
  error("waited in vain for " .. (what or "a condition"), 2)
end

local Process = {}
Process.__index = Process

-- What a spec that failed half-way did not stop ends with the specs.
local running = {}
M.guard = setmetatable({}, { __gc = function()
  for process in pairs(running) do process:signal("KILL") end
end })

function Process:alive()
  return os.execute("kill -0 " .. self.pid .. " 2>/dev/null") == true
end

function Process:signal(name)
  return os.execute("kill -" .. name .. " " .. self.pid .. " 2>/dev/null")
end

--- Wait for its end (10 s): the exit code, 128 + N after signal N.
function Process:wait(seconds)
  M.wait_until(function() return M.exists(self.status_file) end,
    "the end of process " .. self.pid, seconds)
  local code
  M.wait_until(function()
    code = tonumber(M.read_file(self.status_file))
    return code
  end)
  return code
end

--- What it has written so far to stdout and stderr, together.
function Process:output() return M.read_file(self.log_file) end

--- End it: TERM, then KILL after 10 s. Returns the exit code.
function Process:stop()
  if not M.exists(self.status_file) then self:signal("TERM") end
  local ok, code = pcall(self.wait, self)
  if not ok then
    self:signal("KILL")
    code = self:wait()
  end
  os.remove(self.status_file)
  os.remove(self.log_file)
  os.remove(self.pid_file)
  running[self] = nil
  return code
end

--- Start a command (one word per argument, no shell) in the background.
function M.start(words, environment)
  local base = os.tmpname()
  local process = setmetatable({
    status_file = base .. ".status", log_file = base .. ".log",
    pid_file = base,
  }, Process)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = M.quote(word) end
  local script = string.format(
    "( %s %s & pid=$!; echo $pid >%s; wait $pid; echo $? >%s ) " ..
    ">%s 2>&1 </dev/null &",
    environment or "", table.concat(quoted, " "), base,
    process.status_file, process.log_file)
  os.execute(script)
  process.pid = M.wait_until(function()
    return M.read_file(base):match("^(%d+)\n")
  end, "the process id")
  running[process] = true
  return process
end

--- Start `perilune serve` on a free port and wait until it answers.
-- `arguments` are words; the result has .port and .url besides.
function M.serve(arguments, environment)
  local port = M.free_port()
  local words = { M.perilune, "serve", "--listen", "127.0.0.1:" .. port }
  for _, word in ipairs(arguments or {}) do words[#words + 1] = word end
  local server = M.start(words, environment)
  server.port, server.url = port, "http://127.0.0.1:" .. port
  local ok = pcall(M.wait_until, function()
    if M.exists(server.status_file) then error("ended") end
    -- Not only that it listens: it has loaded its scripts.
    return M.request(server.url .. "/healthz") == 200
  end)
  if not ok then
    local output = server:output()
    server:stop()
    error("the server did not start: " .. output, 2)
  end
  return server
end

--- One request: status, body, headers (lower-case names). `options` may have
-- method, headers, body.
function M.request(url, options)
  options = options or {}
  local parts, headers = {}, {}
  for name, value in pairs(options.headers or {}) do headers[name] = value end
  if options.body then headers["content-length"] = #options.body end
  local ok, status, reply = http.request {
    url = url, method = options.method, headers = headers,
    source = options.body and ltn12.source.string(options.body),
    sink = ltn12.sink.table(parts), redirect = false,
  }
  if not ok then return nil, status end
  return status, table.concat(parts), reply
end

return M
