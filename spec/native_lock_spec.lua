-- native_lock_spec.lua: a mutex of C code that Lua calls (scripts/native_lock.c),
-- in the profiles block and mutex: known times, with Lua, C and native callers
-- in one stack. Tolerance: 5 %.
-- Needs: go timing
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
package.cpath = "%s/?.so;" .. package.cpath
local native_lock = require "native_lock"
local function hold_long(seconds) native_lock.hold(seconds) end
local function wait_for_lock() local seconds = native_lock.wait() return seconds end
return {
  ["GET /hold"] = function(req) hold_long(tonumber(req.query.s)) return "" end,
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

--- Send a request; returns a function that waits for the answer's number.
local function start(path)
  local client = assert(socket.connect("127.0.0.1", server.port))
  client:settimeout(30)
  client:send("GET " .. path .. " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
  return function()
    local reply = assert(client:receive "*a")
    client:close()
    assert.truthy(reply:find("HTTP/1.1 200", 1, true), reply)
    return tonumber(reply:match '"waited":([%d.e-]+)')
  end
end

--- One request holds the mutex on its worker, the other waits on the other:
--- for how long, by its own clock.
local function contend(seconds)
  local held = start("/hold?s=" .. seconds)
  socket.sleep(0.1)
  local waited = start "/wait"()
  held()
  return waited
end

--- Sum of all stacks that end with these frames, root first.
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

local function near(expected, ns, what)
  local difference = (ns / 1e9 / expected - 1) * 100
  assert.is_true(math.abs(difference) <= 5,
    ("%.4f s, expected %.4f s"):format(ns / 1e9, expected))
  print(("%s: %.4f s, %+.2f %%"):format(what, expected, difference))
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

it("is on the Lua function that waited, and on the one that held", support.timed(function()
  start_server()
  local waited = contend(0.6)
  assert.is_true(waited > 0.3)
  near(waited, sum(profile "block?format=folded", WAITER), "block, the waiter")
  near(waited, sum(profile "mutex?format=folded", HOLDER), "mutex, the holder")
  assert.equal(1, sum(profile "block?format=folded&sample_index=contentions", WAITER))
  assert.equal(1, sum(profile "mutex?format=folded&sample_index=contentions", HOLDER))
  assert.truthy(profile "block?debug=1":find('# labels: {[^\n]*"route":"/wait"'))
end))

it("is read by go tool pprof", support.timed(function()
  start_server()
  contend(0.2)
  for kind, name in pairs { block = "routes.wait_for_lock", mutex = "routes.hold_long" } do
    local code, out, err = support.run(
      ("go tool pprof -top -cum -sample_index=delay %s/debug/pprof/%s"):format(server.url, kind))
    assert.equal(0, code, err)
    assert.truthy(out:find(name, 1, true), out)
  end
end))

it("is not there at a rate of 0", support.timed(function()
  start_server { "--block-rate", "0", "--mutex-fraction", "0" }
  contend(0.2)
  assert.equal("", profile "block?format=folded")
  assert.equal("", profile "mutex?format=folded")
end))
