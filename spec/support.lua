-- support.lua: starts and ends the real program for the specs, and sends single
-- requests to it. raw_http.lua has connections, server_state.lua the states of a
-- server that a test waits for.
local socket = require "socket"
local http = require "socket.http"
local ltn12 = require "ltn12"

local M = {}

M.source = os.getenv("PERILUNE_SOURCE") or "."
M.perilune = os.getenv("PERILUNE") or (M.source .. "/build/perilune")

--- Returns a word quoted for the shell.
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

--- Makes an empty folder. The spec removes it with M.remove_folder.
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

--- Runs a shell command to its end. Returns the exit code, stdout and stderr.
function M.run(command)
  local errors = os.tmpname()
  local pipe = assert(io.popen("( " .. command .. "\n) 2>" .. errors, "r"))
  local out = pipe:read("a")
  local _, kind, code = pipe:close()
  local err = M.read_file(errors)
  os.remove(errors)
  return kind == "exit" and code or 128 + code, out, err
end

--- Runs `perilune ARGUMENTS`, as M.run does.
function M.command(arguments)
  return M.run(M.quote(M.perilune) .. " " .. arguments)
end

--- Compiles spec/scripts/FILE, a C module (C++ if FILE ends with .cc), into the
-- folder. Returns a line for a script that lets it `require` the module.
function M.build_module(file, folder)
  local compiler = file:find "%.cc$" and "g++" or "cc"
  local code, _, err = M.run(
    ("%s -shared -fPIC -O2 -g -Wall -Werror $(pkg-config --cflags lua5.4) " ..
      "-o %s/%s.so %s/spec/scripts/%s")
    :format(compiler, folder, file:match "^[^.]+", M.source, file))
  assert(code == 0, err)
  return ("package.cpath = %q\n"):format(folder .. "/?.so")
end

-- The ports for servers are below those that the kernel gives to connections, if
-- possible: a client of another test may get one of the latter at any time.
local FIRST_PORT, LAST_PORT = 10000, 32000
do
  local first = M.read_file("/proc/sys/net/ipv4/ip_local_port_range"):match "%d+"
  if tonumber(first) > FIRST_PORT + 1000 then
    LAST_PORT = math.min(LAST_PORT, first - 1)
  end
end
local next_port

--- Returns a TCP port of 127.0.0.1 that nobody listens on. The caller takes the
-- port only later, and tests run side by side, so each process begins its search
-- at another port.
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

--- Waits until f() is true and returns its result. Raises an error after `seconds`
-- (30 unless given). The limit is long because only a fault should reach it, not a
-- busy machine.
function M.wait_until(f, what, seconds)
  local deadline = socket.gettime() + (seconds or 30)
  repeat
    local result = f()
    if result then return result end
    socket.sleep(0.02)
  until socket.gettime() > deadline
  error("waited in vain for " .. (what or "a condition"), 2)
end

local Process = {}
Process.__index = Process

-- The processes that a failed spec did not stop. They end with the spec.
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

--- Waits for the end of the process, as M.wait_until does. Returns the exit code,
-- 128 + N after signal N.
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

--- Returns what the process has written to stdout and stderr until now.
function Process:output() return M.read_file(self.log_file) end

--- Ends the process by TERM, and by KILL if it is still there after 30 s. Returns
-- the exit code.
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

--- Starts a command in the background. `words` go to it as they are, without a
-- shell; `environment` is shell assignments.
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

--- Starts `perilune serve` on a free port and waits until it answers. `arguments`
-- are words. The result has the fields `port` and `url` besides.
function M.serve(arguments, environment)
  local port = M.free_port()
  local words = { M.perilune, "serve", "--listen", "127.0.0.1:" .. port }
  for _, word in ipairs(arguments or {}) do words[#words + 1] = word end
  local server = M.start(words, environment)
  server.port, server.url = port, "http://127.0.0.1:" .. port
  local ok = pcall(M.wait_until, function()
    if M.exists(server.status_file) then error("ended") end
    -- It listens before it has loaded its scripts, and answers after.
    return M.request(server.url .. "/healthz") == 200
  end)
  if not ok then
    local output = server:output()
    server:stop()
    error("the server did not start: " .. output, 2)
  end
  return server
end

--- Sends a request. Returns status, body and headers (names in lower case).
-- `options` may have method, headers and body.
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
