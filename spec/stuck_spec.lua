-- stuck_spec.lua: what the server still tells when no worker answers any more.
-- Needs: cores
local support = require "support"
local socket = require "socket"

local WORKERS = 2

local ROUTES = [==[
local function spin_for_ever() while true do end end
local function match_for_minutes()
  return (("a"):rep(260):find(".-.-.-.-b"))
end
return {
  ["GET /spin"] = function() return spin_for_ever() or 204 end,
  ["GET /match"] = function() return match_for_minutes() or 204 end,
  ["GET /wait"] = function() return os.execute "exec sleep 15" and 204 end,
}
]==]

local folder, server, clients

local function connect()
  local client = assert(socket.connect("127.0.0.1", server.port))
  clients[#clients + 1] = client
  return client
end

--- Every worker has a handler that never returns.
local function be_stuck(path)
  for _ = 1, WORKERS do
    connect():send(("GET %s HTTP/1.1\r\nHost: a\r\n\r\n"):format(path))
  end
  -- A request to a worker that still answers would be answered.
  socket.sleep(0.3)
  local probe = connect()
  probe:settimeout(0.3)
  probe:send "GET /none HTTP/1.1\r\nHost: a\r\n\r\n"
  local _, problem = probe:receive()
  assert.equal("timeout", problem)
end

local function annoy()
  for _ = 1, 50 do connect() end
  for _ = 1, 50 do connect():send "GET /debug/pp" end
end

--- The share of a folded profile whose stacks contain `part`.
local function share(folded, part)
  local total, found = 0, 0
  for stack, value in folded:gmatch("([^\n]*) (%d+)\n") do
    total = total + value
    if stack:find(part, 1, true) then found = found + value end
  end
  return found / total
end

--- The median of the times that a path takes to answer, in seconds: a single
-- answer may have to wait for a core, which the stuck workers all use.
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

--- Of a server whose workers are stuck.
local function assert_answers()
  for _, path in ipairs { "/healthz", "/metrics" } do
    local time = median_time(path)
    assert.is_true(time < 0.1, path .. " took " .. time)
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
      local start = socket.gettime()
      local status, folded = support.request(server.url ..
        "/debug/pprof/profile?seconds=2&format=folded")
      local took = socket.gettime() - start
      assert.equal(200, status)
      print(("%s: after %.2f s, %.1f %%"):format(part, took, 100 * share(folded, part)))
      assert.is_true(took < 4, "took " .. took)
      assert.is_true(share(folded, part) >= 0.95, folded)
    end)

    it("does not hold up /healthz nor /metrics", function()
      be_stuck(path)
      annoy()
      assert_answers()
      local _, metrics = support.request(server.url .. "/metrics")
      for worker = 1, WORKERS do
        local busy = metrics:match(('perilune_worker_busy_seconds_total' ..
          '{worker="%d"} (%%S+)'):format(worker))
        assert.is_true(tonumber(busy) > 0.3, metrics)
      end
    end)
  end)
end

describe("every worker that waits in a C call", function()
  it("is shown where, and does not hold up /healthz nor /metrics", function()
    be_stuck "/wait"
    annoy()
    assert_answers()
    local status, folded = support.request(server.url ..
      "/debug/pprof/wall?seconds=1&format=folded")
    assert.equal(200, status)
    -- For a second each, and while the workers were asked what waits, in vain.
    local waits = 0
    for ns in folded:gmatch ";os.execute[^\n]* (%d+)\n" do waits = waits + ns / 1e9 end
    assert.is_true(waits >= 0.95 * WORKERS and waits < 3 * WORKERS, folded)
  end)
end)

describe("one worker stuck", function()
  it("leaves new connections to the others", function()
    connect():send "GET /spin HTTP/1.1\r\nHost: a\r\n\r\n"
    socket.sleep(0.6) -- until it is seen to be stuck
    -- More than the stuck one has: by numbers it would be its turn.
    for i = 1, 20 do
      local client = connect()
      client:settimeout(5)
      client:send "GET /none HTTP/1.1\r\nHost: a\r\n\r\n"
      assert.equal("HTTP/1.1 404 Not Found", (client:receive()), "connection " .. i)
    end
  end)
end)
