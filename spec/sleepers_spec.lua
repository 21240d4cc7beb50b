-- sleepers_spec.lua: ten thousand handlers that wait do not hold up others.
--
-- Two servers run at the same time, one with the sleepers and one without. The
-- test sends its requests to both in turn, so that other work on the machine
-- disturbs both. A disturbance only ever adds to a p99, so the least p99 of
-- several rounds is nearest to the truth. While the two still differ, more rounds
-- follow, up to a bound.
-- Needs: cores
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local N_SLEEPERS = 10000
local LEAST_ROUNDS, N_REQUESTS = 10, 150
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

-- A process of its own that sends the requests of the sleepers and then does
-- nothing, so that it does not disturb the measurement.
local HOLDER = [==[
local raw_http = require "raw_http"
local port, n = tonumber(arg[1]), tonumber(arg[2])
local clients = {}
for i = 1, n do clients[i] = raw_http.begin(port, "/sleep") end
require("socket").sleep(600)
]==]

--- Returns the seconds that a request takes on a connection that is kept open.
local function time_request(client)
  local start = socket.gettime()
  assert(client:request("/work"):read_reply().status == 200)
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
  for i = 1, 4 do clients[i] = raw_http.connect(server.port) end
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

local function in_progress(server) return state.metric(server, "perilune_http_requests_in_progress") end

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
    ("ulimit -n %d; LUA_PATH='%s/spec/?.lua;;' exec lua5.4 %s/holder.lua %d %d"):format(
      N_SLEEPERS + 100, support.source, folder, crowded.port, N_SLEEPERS) }
  state.wait_for_requests(crowded, N_SLEEPERS)
  local crowded_p99, quiet_p99 = least_p99s(crowded, quiet)
  assert.equal(N_SLEEPERS, in_progress(crowded),
    crowded:output() .. holder:output())
  holder:signal "KILL"
  holder:stop()
  state.wait_for_requests(crowded, 0) -- the client of the sleepers has left
  assert.equal(0, crowded:stop())
  assert.equal(0, quiet:stop())
  support.remove_folder(folder)
  print(("p99 %.3f ms, quiet %.3f ms"):format(crowded_p99 * 1e3, quiet_p99 * 1e3))
  assert.is_true(crowded_p99 < 2 * quiet_p99,
    ("p99 %.3f ms, quiet %.3f ms"):format(crowded_p99 * 1e3, quiet_p99 * 1e3))
end)
