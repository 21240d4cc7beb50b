-- native_lock_spec.lua: a mutex of C code that Lua calls (scripts/native_lock.c),
-- in the profiles block and mutex: known times, with Lua, C and native callers
-- in one stack.
--
-- The time that a profile has lies between the time for which the test knew that
-- the thread waited and the time that the thread itself measured around the wait.
-- Needs: go time
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
package.cpath = "%s/?.so;" .. package.cpath
local native_lock = require "native_lock"
local function hold_long(held, release) native_lock.hold(held, release) end
local function wait_for_lock() local seconds = native_lock.wait() return seconds end
local worker = tostring {} -- another address in each worker
return {
  ["GET /worker"] = function() return worker end,
  ["GET /hold"] = function(req) hold_long(req.query.held, req.query.release) return "" end,
  ["GET /wait"] = function() return { waited = wait_for_lock() } end,
}
]==]

local folder, server

local function start_server(arguments)
  local words = { "--workers", "2" }
  for _, word in ipairs(arguments or {}) do words[#words + 1] = word end
  words[#words + 1] = folder
  server = support.serve(words)
end

local function profile(query)
  local status, body = support.request(server.url .. "/debug/pprof/" .. query)
  assert.equal(200, status, body)
  return body
end

--- A request holds the mutex on one worker, another one waits on the other
-- worker for at least `seconds`. Returns how long it waited by its own clock.
local function contend(seconds)
  local held, release = folder .. "/held", folder .. "/release"
  os.remove(held)
  os.remove(release)
  local holder, waiter = table.unpack(raw_http.connect_to_each(server.port, "/worker", 2))
  holder:request(("/hold?held=%s&release=%s"):format(held, release))
  support.wait_until(function() return support.exists(held) end, "the holder")
  waiter:request "/wait"
  state.wait_for_tasks(server, "routes.wait_for_lock;native_lock.wait;.*mutex_lock")
  socket.sleep(seconds)
  support.write_file(release, "")
  holder:finish()
  return tonumber(waiter:finish():match '"waited":([%d.e-]+)')
end

--- Returns the sum of all stacks that end with these frames, root first.
local function sum(folded, frames)
  local total = 0
  for stack, value in folded:gmatch "([^\n]+) (%d+)\n" do
    if (";" .. stack):sub(-#frames - 1) == ";" .. frames then
      total = total + tonumber(value)
    end
  end
  return total
end

local WAITER = "routes.wait_for_lock;native_lock.wait;pthread_mutex_lock"
local HOLDER = "routes.hold_long;native_lock.hold;pthread_mutex_unlock"

local function between(least, ns, most, what)
  local text = ("%s: %.6f s, within %.6f to %.6f s"):format(what, ns / 1e9, least, most)
  print(text)
  assert.is_true(ns / 1e9 > least and ns / 1e9 < most, text)
end

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES:format(folder))
  local code, out, err = support.run(
    ("cc -O1 -g -shared -fPIC $(pkg-config --cflags lua5.4) -o %s/native_lock.so %s/spec/scripts/native_lock.c")
    :format(folder, support.source))
  assert(code == 0, out .. err)
end)

teardown(function() support.remove_folder(folder) end)

after_each(function() assert.equal(0, server:stop()) end)

it("is on the Lua function that waited, and on the one that held", function()
  start_server()
  local waited = contend(1)
  between(1, sum(profile "block?format=folded", WAITER), waited, "block, the waiter")
  between(1, sum(profile "mutex?format=folded", HOLDER), waited, "mutex, the holder")
  assert.equal(1, sum(profile "block?format=folded&sample_index=contentions", WAITER))
  assert.equal(1, sum(profile "mutex?format=folded&sample_index=contentions", HOLDER))
  assert.truthy(profile "block?debug=1":find('# labels: {[^\n]*"route":"/wait"'))
end)

it("is read by go tool pprof", function()
  start_server()
  contend(0)
  for kind, name in pairs { block = "routes.wait_for_lock", mutex = "routes.hold_long" } do
    local code, out, err = support.run(
      ("go tool pprof -top -cum -sample_index=delay %s/debug/pprof/%s"):format(server.url, kind))
    assert.equal(0, code, err)
    assert.truthy(out:find(name, 1, true), out)
  end
end)

it("is not there at a rate of 0", function()
  start_server { "--block-rate", "0", "--mutex-fraction", "0" }
  contend(0)
  assert.equal("", profile "block?format=folded")
  assert.equal("", profile "mutex?format=folded")
end)
