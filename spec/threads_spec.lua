-- threads_spec.lua: the profile threadcreate has every thread, at the stack that
-- started it, with the Lua functions.
-- Needs: go
local support = require "support"

local folder, server

local function profile(query)
  local status, body = support.request(server.url .. "/debug/pprof/threadcreate" .. query)
  assert.equal(200, status, body)
  return body
end

local function n_threads()
  local _, out = support.run(("ls /proc/%d/task | wc -l"):format(server.pid))
  return tonumber(out)
end

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", [==[
local http = require "http"
local function look_up(name) return (http.get("http://" .. name .. ":1/").error_code) end
return {
  ["GET /look-up"] = function() return { code = look_up "localhost" } end,
}
]==])
  server = support.serve { "--workers", "3", folder }
  -- libuv starts its pool of threads when it is used first: here to look up a name,
  -- later by the request for a profile.
  assert.equal(200, (support.request(server.url .. "/look-up")))
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

it("has the workers, and the others, each once", function()
  local total = 0
  local folded = profile "?format=folded"
  for line in folded:gmatch "[^\n]+" do total = total + tonumber(line:match " (%d+)$") end
  assert.truthy(folded:find("server_run;[^\n]*worker_start;[^\n]* 3\n"), folded)
  assert.equal(n_threads() - 1, total) -- nobody made the first
end)

it("has Lua and C in one stack", function()
  local folded = profile "?format=folded"
  local n = 0
  for line in folded:gmatch "[^\n]+" do
    if line:find("look_up", 1, true) then
      n = n + tonumber(line:match " (%d+)$")
      assert.truthy(line:find("^__clone3;start_thread;.*run_worker;.*routes.look_up;http.get;.*uv_getaddrinfo"), line)
    end
  end
  assert.equal(4, n, folded)
end)

it("has what came within its seconds", function()
  local folded = profile "?seconds=1&format=folded"
  assert.equal("", folded)
end)

it("is read by go tool pprof", function()
  local code, out, err = support.run(("go tool pprof -top %s/debug/pprof/threadcreate"):format(server.url))
  assert.equal(0, code, err)
  assert.truthy(out:find("Type: threadcreate", 1, true), out)
  assert.truthy(out:find("worker_start", 1, true), out)
end)

it("is text for debug=1", function()
  local text = profile "?debug=1"
  assert.truthy(text:find "^threadcreate profile: total %d+\n%d @ ", text)
  assert.truthy(text:find("worker_start", 1, true))
end)
