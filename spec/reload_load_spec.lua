-- reload_load_spec.lua: lua/data.lua is edited 50 times, and broken twice, while
-- 64 connections send requests: no request fails, and no memory is lost.
-- Needs: core
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local N_SAVES = 50

-- Each state holds this much, so that one too many shows in the memory.
local BALLAST_BYTES = 2 << 20

-- The load. Each virtual user sends a request and waits for 10 ms.
local LOAD = [==[
local http, loadtest = require "http", require "loadtest"
local url = loadtest.env.URL
return {
  options = { vus = 64, duration = "10m" },
  default = function()
    loadtest.check(http.get(url), {
      whole = function(res) return res.body:find '^{.*"packed_bytes":%d+.*}$' ~= nil end,
    })
    loadtest.sleep(0.01)
  end,
}
]==]

local DATA = support.read_file(support.source .. "/lua/data.lua")

-- Beside lua/data.lua: each worker answers /worker with an address of its own.
local ROUTES = [[
local worker = tostring {}
return { ["GET /data"] = require "data", ["GET /worker"] = function() return worker end }
]]

--- Returns lua/data.lua with this version in its answers.
local function data_file(version)
  local text, n = DATA:gsub("\n    rows = #rows,", "%0 version = " .. version .. ",")
  assert.equal(1, n)
  return ("ballast = ('x'):rep(%d)\n%s"):format(BALLAST_BYTES, text)
end

local folder, server, workers

local function save(text)
  support.write_file(folder .. "/data.lua", text)
end

-- Many editors do this: the new file takes the old one's place.
local function save_by_rename(text)
  support.write_file(folder .. "/.data.lua.swp", text)
  assert(os.rename(folder .. "/.data.lua.swp", folder .. "/data.lua"))
end

-- Others do this: the old file is kept under another name.
local function save_with_backup(text)
  assert(os.rename(folder .. "/data.lua", folder .. "/data.lua~"))
  save(text)
end

local SAVES = { save, save_by_rename, save_with_backup }

--- Returns the version that a worker answers with on its connection.
local function version_on(client)
  local reply = client:request("/data?rows=1"):read_reply()
  assert.equal(200, reply.status)
  return tonumber(reply.body:match '"version":(%d+)')
end

--- Waits until both workers answer with the version. Returns the seconds.
local function wait_for(version)
  local began = socket.gettime()
  for _, client in ipairs(workers) do
    support.wait_until(function() return version_on(client) == version end,
      ("version %d; the log: %s"):format(version, server:output()))
  end
  return socket.gettime() - began
end

--- Saves scripts that do not load: the log must say where they are wrong, and the
-- workers must serve the version before.
local function breaks(text, version, message)
  SAVES[version % 3 + 1](text)
  state.wait_for_log(server, folder .. "/data.lua:" .. message)
  for _, client in ipairs(workers) do assert.equal(version, version_on(client)) end
end

local function resident_bytes()
  local status = support.read_file("/proc/" .. server.pid .. "/status")
  return tonumber(status:match "VmRSS:%s+(%d+) kB") * 1024
end

--- Returns the least of 0.2 s, because a state that was replaced stays until its
-- last request is over.
local function least_resident_bytes()
  local least = math.huge
  for _ = 1, 10 do
    least = math.min(least, resident_bytes())
    socket.sleep(0.02)
  end
  return least
end

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  support.write_file(folder .. "/load.lua", LOAD)
  save(data_file(0))
  -- malloc gives the ballast back to the system at once.
  server = support.serve({ "--workers", "2", folder },
    "MALLOC_MMAP_THRESHOLD_=1048576")
  workers = raw_http.connect_to_each(server.port, "/worker", 2)
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Edits, each as soon as the one before is served. Returns the seconds that each
-- took to be served, and the memory after ten edits.
local function edit_often()
  local times, after_ten = {}, nil
  for i = 1, N_SAVES do
    SAVES[i % 3 + 1](data_file(i))
    times[i] = wait_for(i)
    if i == 10 then after_ten = least_resident_bytes() end
    if i == 20 then breaks("local x =\n= 1\n", i, "2: unexpected symbol near '='") end
    if i == 40 then breaks("local x\n\nx.y = 1\n", i, "3: attempt to index a nil value") end
  end
  table.sort(times)
  return times, after_ten
end

it("50 reloads under load fail no request and lose no memory", function()
  local load = support.start({ support.perilune, "load", folder .. "/load.lua" },
    ("URL='%s/data?rows=2'"):format(server.url))
  local ok, times, after_ten = pcall(edit_often)
  local was_alive = load:alive()
  load:signal "INT"
  load:wait(60)
  local report = load:output()
  load:stop()
  assert.is_true(ok, times)
  assert.is_true(was_alive, report)
  local n = tonumber(report:match "http_req_failed%.*: 0%.00%% +0 out of (%d+)\n")
  assert.is_true(n and n > 64 * N_SAVES, report)
  assert.truthy(report:find("checks_failed%.*: 0%.00%% +0 out of " .. n), report)
  -- Of 40 reloads of two states, a loss of one in twenty would be four states. A
  -- state that is lost stays.
  support.wait_until(function()
    return resident_bytes() - after_ten < 4 * BALLAST_BYTES
  end, ("the memory to shrink from %d bytes; after ten edits it was %d"):format(
    resident_bytes(), after_ten))
  local n_reloads = state.count_in_log(server, "event=reloaded")
  local median = times[N_SAVES // 2]
  print(("%d requests, none failed; %d reloads, seen after %.2f s in the median, %.2f s at most; "
    .. "resident %.1f MiB after ten, %.1f MiB at the end"):format(n, n_reloads, median,
    times[N_SAVES], after_ten / 2 ^ 20, resident_bytes() / 2 ^ 20))
  assert.is_true(n_reloads >= N_SAVES)
  assert.equal(0, state.count_in_log(server, "level=error event=handler_failed"))
  -- A change is to be served within a second. A fault would delay all changes. A
  -- busy machine delays many of them, but not nine of ten.
  local fast = times[N_SAVES // 10]
  assert.is_true(fast < 1, fast)
end)
