-- reload_load_spec.lua: lua/data.lua edited 50 times, and broken twice, while 64
-- connections ask for it: no request fails, and no memory is lost. It runs alone:
-- the second that a change may take is one of a machine that has time for it.
-- Needs: cores
local support = require "support"
local socket = require "socket"

local N_SAVES, LOAD_SECONDS = 50, 30

-- Each state holds this much, so that one too many is seen in the memory.
local BALLAST_BYTES = 2 << 20

-- Each of its users asks, and thinks for 10 ms.
local LOAD = [==[
local http, loadtest = require "http", require "loadtest"
local url = loadtest.env.URL
return {
  options = { vus = 64, duration = loadtest.env.DURATION },
  default = function()
    loadtest.check(http.get(url), {
      whole = function(res) return res.body:find '^{.*"packed_bytes":%d+.*}$' ~= nil end,
    })
    loadtest.sleep(0.01)
  end,
}
]==]

local DATA = support.read_file(support.source .. "/lua/data.lua")

--- lua/data.lua, whose answers have this version.
local function data_file(version)
  local text, n = DATA:gsub("\n    rows = #rows,", "%0 version = " .. version .. ",")
  assert.equal(1, n)
  return ("ballast = ('x'):rep(%d)\n%s"):format(BALLAST_BYTES, text)
end

local folder, server, workers

local function save(text)
  support.write_file(folder .. "/data.lua", text)
end

-- As editors do: the new file takes the old one's place.
local function save_by_rename(text)
  support.write_file(folder .. "/.data.lua.swp", text)
  assert(os.rename(folder .. "/.data.lua.swp", folder .. "/data.lua"))
end

-- As others do: the old file is kept under another name.
local function save_with_backup(text)
  assert(os.rename(folder .. "/data.lua", folder .. "/data.lua~"))
  save(text)
end

local SAVES = { save, save_by_rename, save_with_backup }

--- The version that a worker answers with, on a connection that it keeps.
local function version_on(client)
  assert(client:send "GET /data?rows=1 HTTP/1.1\r\nHost: x\r\n\r\n")
  assert.equal("HTTP/1.1 200 OK", (client:receive "*l"))
  local length
  repeat
    local line = assert(client:receive "*l")
    length = length or tonumber(line:match "^Content%-Length: (%d+)")
  until line == ""
  return tonumber(client:receive(length):match '"version":(%d+)')
end

--- Until both workers answer with it: for a second at most. How long it took.
local function wait_for(version)
  local began = socket.gettime()
  for _, client in ipairs(workers) do
    support.wait_until(function() return version_on(client) == version end,
      ("version %d; the log: %s"):format(version, server:output()), 1)
  end
  return socket.gettime() - began
end

--- These scripts do not load, the log says where, and the others go on.
local function breaks(text, version, message)
  SAVES[version % 3 + 1](text)
  support.wait_until(function()
    return server:output():find(folder .. "/data.lua:" .. message, 1, true)
  end, message .. " in the log")
  for _, client in ipairs(workers) do assert.equal(version, version_on(client)) end
end

--- The least of a while: at times a state is there that is soon gone.
local function resident_bytes()
  local least = math.huge
  for _ = 1, 10 do
    local status = support.read_file("/proc/" .. server.pid .. "/status")
    least = math.min(least, tonumber(status:match "VmRSS:%s+(%d+) kB") * 1024)
    socket.sleep(0.02)
  end
  return least
end

local function count_in_log(text)
  return select(2, server:output():gsub(text, ""))
end

setup(function()
  folder = support.new_folder()
  support.run(("cp %s/lua/routes.lua %s"):format(support.source, folder))
  support.write_file(folder .. "/load.lua", LOAD)
  save(data_file(0))
  -- The ballast goes back to the system at once, whatever malloc has learnt.
  server = support.serve({ "--workers", "2", folder },
    "MALLOC_MMAP_THRESHOLD_=1048576")
  workers = {} -- the second connection goes to the one that has none
  for i = 1, 2 do
    workers[i] = assert(socket.connect("127.0.0.1", server.port))
    workers[i]:settimeout(10)
    assert.equal(0, version_on(workers[i]))
  end
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Edits, evenly over the time of the load. Returns what was seen.
local function edit_often()
  local began = socket.gettime()
  local seen = { slowest = 0 }
  for i = 1, N_SAVES do
    SAVES[i % 3 + 1](data_file(i))
    seen.slowest = math.max(seen.slowest, wait_for(i))
    if i == 10 then seen.after_ten = resident_bytes() end
    if i == 20 then breaks("local x =\n= 1\n", i, "2: unexpected symbol near '='") end
    if i == 40 then breaks("local x\n\nx.y = 1\n", i, "3: attempt to index a nil value") end
    local pause = began + 0.92 * LOAD_SECONDS / N_SAVES * i - socket.gettime()
    if pause > 0 then socket.sleep(pause) end
  end
  seen.at_end = resident_bytes()
  return seen
end

it("fails no request, 50 times in 30 s of load; no memory is lost", support.timed(function()
  local load = support.start({ support.perilune, "load", folder .. "/load.lua" },
    ("URL='%s/data?rows=2' DURATION=%ds"):format(server.url, LOAD_SECONDS))
  local ok, seen = pcall(edit_often)
  local was_alive = load:alive()
  if ok then load:wait(60) end
  local report = load:output()
  load:stop()
  assert.is_true(ok, seen)
  assert.is_true(was_alive, report)
  local n = tonumber(report:match "http_req_failed%.*: 0%.00%% +0 out of (%d+)\n")
  assert.is_true(n and n > 64 * N_SAVES, report)
  assert.truthy(report:find("checks_failed%.*: 0%.00%% +0 out of " .. n), report)
  local n_reloads = count_in_log "event=reloaded"
  print(("%d requests, none failed; %d reloads, the slowest seen after %.2f s; "
    .. "resident %.1f MiB after ten, %.1f MiB at the end"):format(n, n_reloads,
    seen.slowest, seen.after_ten / 2 ^ 20, seen.at_end / 2 ^ 20))
  assert.is_true(n_reloads >= N_SAVES)
  assert.equal(0, count_in_log "level=error event=handler_failed")
  -- 40 reloads of two states: losing one in twenty would show.
  assert.is_true(seen.at_end - seen.after_ten < 4 * BALLAST_BYTES,
    ("%d bytes after ten, %d at the end"):format(seen.after_ten, seen.at_end))
end, 3))
