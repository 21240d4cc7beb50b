-- stuck_spec.lua: when no worker answers any more, the server still serves its
-- profiles, metrics and health.
-- Needs: core
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local WORKERS = 2

local ROUTES = [==[
local function spin_for_ever() while true do end end
local function match_for_minutes()
  return (("a"):rep(260):find(".-.-.-.-b"))
end
local worker = tostring {} -- another address in each worker
return {
  ["GET /worker"] = function() return worker end,
  ["GET /spin"] = function() return spin_for_ever() or 204 end,
  ["GET /match"] = function() return match_for_minutes() or 204 end,
  ["GET /wait"] = function() return os.execute "exec sleep 30" and 204 end,
}
]==]

local folder, server, clients

local function connect()
  local client = raw_http.connect(server.port)
  clients[#clients + 1] = client
  return client
end

--- Gives every worker a handler that never returns.
local function be_stuck(path)
  local each = raw_http.connect_to_each(server.port, "/worker", WORKERS)
  state.wait_for_requests(server, 0)
  for _, client in ipairs(each) do clients[#clients + 1] = client:request(path) end
  state.wait_for_requests(server, WORKERS)
  -- A worker that still answers would answer this.
  assert.is_true(connect():request("/none"):is_silent(0.3))
end

local function annoy()
  for _ = 1, 50 do connect() end
  for _ = 1, 50 do connect():send "GET /debug/pp" end
end

local function profile(query)
  local status, folded = support.request(server.url .. "/debug/pprof/" .. query .. "&format=folded")
  assert.equal(200, status, folded)
  return folded
end

--- Returns the CPU time in a folded profile, in seconds, and its part whose stacks
-- contain `part`.
local function times(folded, part)
  local total, found = 0, 0
  for stack, value in folded:gmatch("([^\n]*) (%d+)\n") do
    total = total + value / 1e9
    if stack:find(part, 1, true) then found = found + value / 1e9 end
  end
  return total, found
end

--- Returns the median of the times that a path takes to answer, in seconds. A
-- single answer may have to wait for a core, which the stuck workers all use.
local function median_time(path)
  local times = {}
  for i = 1, 21 do
    local start = socket.gettime()
    assert.equal(200, (support.request(server.url .. path)))
    times[i] = socket.gettime() - start
  end
  table.sort(times)
  print(("%s: %.1f ms, at most %.1f ms"):format(path, times[11] * 1e3, times[21] * 1e3))
  return times[11]
end

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
end)
teardown(function() support.remove_folder(folder) end)

before_each(function()
  clients = {}
  server = support.serve { "--workers", tostring(WORKERS), folder }
end)

after_each(function()
  for _, client in ipairs(clients) do client:close() end
  server:signal "KILL"
  server:stop()
end)

--- The server must answer. One that asked its stuck workers would give up only
-- after a second.
local function assert_answers()
  for _, path in ipairs { "/healthz", "/metrics" } do
    local time = median_time(path)
    assert.is_true(time < 0.5, path .. " took " .. time)
  end
end

for path, part in pairs {
  ["/spin"] = "routes.spin_for_ever",
  ["/match"] = "routes.match_for_minutes;string.find",
} do
  describe("every worker stuck in " .. part, function()
    it("is profiled on the same port", function()
      be_stuck(path)
      annoy()
      -- At most one sample in twenty may be of something else. For that the profile
      -- needs a hundred samples of 10 ms.
      local total, found, all = 0, 0, ""
      support.wait_until(function()
        local start = socket.gettime()
        local folded = profile "profile?seconds=1"
        -- The server gives up on a silent client after 10 s. It must not wait.
        assert.is_true(socket.gettime() - start < 10)
        local seconds, part_seconds = times(folded, part)
        total, found, all = total + seconds, found + part_seconds, all .. folded
        return total >= 1
      end, "a second of CPU time in profiles", 60)
      print(("%s: %.1f %% of %.2f s"):format(part, 100 * found / total, total))
      assert.is_true(found / total >= 0.95, all)
    end)

    it("does not hold up /healthz nor /metrics", function()
      be_stuck(path)
      annoy()
      assert_answers()
      for worker = 1, WORKERS do
        support.wait_until(function()
          return state.metric(server,
            ('perilune_worker_busy_seconds_total{worker="%d"}'):format(worker)) > 0.3
        end, "a busy worker")
      end
    end)
  end)
end

describe("every worker that waits in a C call", function()
  it("is shown where, and does not hold up /healthz nor /metrics", function()
    be_stuck "/wait"
    annoy()
    assert_answers()
    local start = socket.gettime()
    local folded = profile "wall?seconds=1"
    local took = socket.gettime() - start
    -- Each worker waits for the second of the profile, and while the server asks it
    -- in vain for the waits of its tasks.
    local waits = 0
    for ns in folded:gmatch ";os.execute[^\n]* (%d+)\n" do waits = waits + ns / 1e9 end
    assert.is_true(waits >= 0.95 * WORKERS and waits < took * WORKERS, folded)
  end)
end)

describe("one worker stuck", function()
  it("leaves new connections to the others", function()
    clients[#clients + 1] = state.begin(server, "/spin")
    -- These are more connections than the stuck worker has, so by numbers alone
    -- some would go there.
    for i = 1, 20 do
      local client = connect():request "/none"
      assert.equal("HTTP/1.1 404 Not Found", client:read_line(), "connection " .. i)
    end
  end)
end)
