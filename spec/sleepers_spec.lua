-- sleepers_spec.lua: ten thousand handlers that wait do not hold up others.
--
-- Two servers at the same time, one with the sleepers and one without, are
-- asked in turn, so that what else the machine does meets both. It only ever
-- adds to a p99: the least of several rounds is nearest to the truth, and more
-- rounds are taken, up to a bound, while it might still be noise that differs.
-- Needs: cores
local support = require "support"
local socket = require "socket"

local N_SLEEPERS = 10000
local LEAST_ROUNDS, N_REQUESTS = 25, 150
local MOST_SECONDS = 60

local ROUTES = [==[
local scheduler = require "scheduler"
return {
  ["GET /sleep"] = function() scheduler.sleep(600) return "slept" end,
  ["GET /work"] = function()
    local sum = 0
    for i = 1, 1000 do sum = sum + i end
    return { sum = sum }
  end,
}
]==]

-- Sends the requests and then does nothing, so that what it takes of the
-- machine is not measured.
local HOLDER = [==[
local socket = require "socket"
local port, n = tonumber(arg[1]), tonumber(arg[2])
local clients = {}
for i = 1, n do
  clients[i] = assert(socket.connect("127.0.0.1", port))
  clients[i]:send "GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n"
end
socket.sleep(600)
]==]

--- Seconds that a request takes on this kept-alive connection.
local function time_request(client)
  local start = socket.gettime()
  assert(client:send "GET /work HTTP/1.1\r\nHost: x\r\n\r\n")
  repeat
    local line = assert(client:receive "*l")
  until line == ""
  assert(client:receive(#'{"sum":500500}'))
  return socket.gettime() - start
end

local function p99(clients)
  local times = {}
  for i = 1, N_REQUESTS do
    times[i] = time_request(clients[i % #clients + 1])
    socket.sleep(0.0005)
  end
  table.sort(times)
  return times[math.ceil(0.99 * N_REQUESTS)]
end

local function connect(server)
  local clients = {}
  for i = 1, 4 do
    clients[i] = assert(socket.connect("127.0.0.1", server.port))
    clients[i]:setoption("tcp-nodelay", true)
  end
  return clients
end

local function least_p99s(crowded, quiet)
  local crowded_clients, quiet_clients = connect(crowded), connect(quiet)
  local crowded_p99, quiet_p99 = math.huge, math.huge
  local start, rounds = socket.gettime(), 0
  repeat
    rounds = rounds + 1
    crowded_p99 = math.min(crowded_p99, p99(crowded_clients))
    quiet_p99 = math.min(quiet_p99, p99(quiet_clients))
  until socket.gettime() - start > MOST_SECONDS
    or rounds >= LEAST_ROUNDS and crowded_p99 < 2 * quiet_p99
  return crowded_p99, quiet_p99
end

local function in_progress(server)
  local _, metrics = support.request(server.url .. "/metrics")
  return tonumber(metrics:match "\nperilune_http_requests_in_progress (%d+)")
end

it("10,000 sleeping handlers leave the others' p99 below twice the quiet one", function()
  local _, limit = support.run "ulimit -Hn"
  if limit ~= "unlimited\n" and tonumber(limit) < N_SLEEPERS + 200 then
    pending("a process may have no more than " .. limit .. " descriptors")
    return
  end
  local folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  support.write_file(folder .. "/holder.lua", HOLDER)
  local crowded = support.serve { "--workers", "2", folder }
  local quiet = support.serve { "--workers", "2", folder }
  local holder = support.start { "sh", "-c",
    ("ulimit -n %d; exec lua5.4 %s/holder.lua %d %d"):format(
      N_SLEEPERS + 100, folder, crowded.port, N_SLEEPERS) }
  support.wait_until(function() return in_progress(crowded) == N_SLEEPERS end,
    "all to sleep", 30)
  local crowded_p99, quiet_p99 = least_p99s(crowded, quiet)
  assert.equal(N_SLEEPERS, in_progress(crowded),
    crowded:output() .. holder:output())
  holder:signal "KILL"
  holder:stop()
  support.wait_until(function() return in_progress(crowded) == 0 end,
    "the sleepers whose client has left to end", 30)
  assert.equal(0, crowded:stop())
  assert.equal(0, quiet:stop())
  support.remove_folder(folder)
  print(("p99 %.3f ms, quiet %.3f ms"):format(crowded_p99 * 1e3, quiet_p99 * 1e3))
  assert.is_true(crowded_p99 < 2 * quiet_p99,
    ("p99 %.3f ms, quiet %.3f ms"):format(crowded_p99 * 1e3, quiet_p99 * 1e3))
end)
