-- thread_spawn_spec.lua: threads that scripts spawn: their life, their errors,
-- and what profiles show of them.
-- Needs: time
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local sync = require "sync"
local thread = require "thread"

local outside = 1
local jobs, results = sync.channel("jobs", 10), sync.channel("results", 10)

local function serve_jobs(factor)
  local scheduler, sync = require "scheduler", require "sync"
  local jobs, results = sync.channel("jobs", 10), sync.channel("results", 10)
  while true do
    local job = jobs:receive()
    scheduler.sleep(0.001)
    results:send { n = job.n * factor, list = { job.n, tostring(job.n) } }
  end
end

local function wait_for_ever(where)
  local mark <close> = setmetatable({}, { __close = function()
    require("log").info("gave_up", { where = where })
  end })
  require("sync").channel("nobody"):receive()
end

local function hoard(bytes)
  local kept = ("x"):rep(bytes)
  local garbage = ("y"):rep(bytes)
  garbage = nil
  require("sync").channel("nobody"):receive()
  return kept
end

local calls = {
  local_variable = function() thread.spawn(function() return outside end) end,
  c_function = function() thread.spawn(print) end,
  argument = function() thread.spawn(serve_jobs, print) end,
  nothing = function() thread.spawn() end,
}

return {
  ["GET /serve-jobs"] = function() thread.spawn(serve_jobs, 10) return "ok" end,
  ["GET /job"] = function(req)
    jobs:send { n = tonumber(req.query.n) }
    return results:receive(5)
  end,
  ["GET /arguments"] = function()
    thread.spawn(function(...)
      require("sync").channel("results", 10):send { n = select("#", ...), values = { ... } }
    end, nil, true, 2.5, "x", { y = { 1 } }, nil)
    return results:receive(5)
  end,
  ["GET /wrong/{what}"] = function(req) calls[req.params.what]() return "ok" end,
  ["GET /fail"] = function() thread.spawn(function(x) error("boom " .. x) end, 3) return "ok" end,
  ["GET /wait"] = function(req) thread.spawn(wait_for_ever, req.query.where) return "ok" end,
  ["GET /grandchild"] = function()
    thread.spawn(function()
      require("thread").spawn(function() require("sync").channel("nobody"):receive() end)
      require("sync").channel("nobody"):receive()
    end)
    return "ok"
  end,
  ["GET /short"] = function(req)
    for _ = 1, tonumber(req.query.n) do thread.spawn(function() end) end
    return "ok"
  end,
  ["GET /many"] = function()
    for _ = 1, 300 do thread.spawn(wait_for_ever, "many") end
    return "ok"
  end,
  ["GET /hoard"] = function() thread.spawn(hoard, 8 << 20) return "ok" end,
  ["GET /spin"] = function() thread.spawn(function() while true do end end) return "ok" end,
}
]==]

local folder, server

local function get(path)
  local status, body = support.request(server.url .. path)
  return body, status
end

--- Returns how many threads scripts have spawned and still run.
local function n_threads()
  local _, out = support.run(
    ("grep -lx lua /proc/%d/task/*/comm 2>/dev/null | wc -l"):format(server.pid))
  return tonumber(out)
end

local function wait_for_threads(n)
  support.wait_until(function() return n_threads() == n end, n .. " threads")
end

before_each(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "2", "--heap-rate", "65536", "--dev", folder }
end)

after_each(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

it("a thread works, and waits as a handler does", function()
  assert.equal("ok", get "/serve-jobs")
  for n = 1, 20 do
    local body = get("/job?n=" .. n)
    assert.truthy(body:find('"n":' .. n * 10, 1, true), body)
    assert.truthy(body:find(('"list":[%d,"%d"]'):format(n, n), 1, true), body)
  end
end)

it("arguments are copied", function()
  local body = get "/arguments"
  assert.truthy(body:find('"n":6', 1, true), body)
  assert.truthy(body:find('"values":[null,true,2.5,"x",{"y":[1]}]', 1, true), body)
end)

it("what cannot go to another state is refused", function()
  for what, message in pairs {
    local_variable = "uses 'outside', a local variable of what is round it",
    c_function = "must be a Lua function, not one in C",
    argument = "a function cannot go to another Lua state",
    nothing = "bad argument #1 to 'spawn' (function expected, got no value)",
  } do
    local body, status = get("/wrong/" .. what)
    assert.equal(500, status)
    assert.truthy(body:find(message, 1, true), body)
  end
  assert.equal(0, n_threads())
end)

it("an error ends the thread, and is logged with its line", function()
  assert.equal("ok", get "/fail")
  state.wait_for_log(server, ": boom 3")
  assert.truthy(server:output():find "event=thread_failed error=\"[^\n]*routes.lua:%d+: boom 3")
  wait_for_threads(0)
end)

it("threads end with their functions, and leave nothing", function()
  -- Returns the live bytes of Lua and of C, from the heap profile. The sampler's
  -- records of threads that have ended live until its next pass, and the thread
  -- that makes profiles keeps debug information.
  local function live_bytes()
    local bytes = 0
    for stack, value in get "/debug/pprof/heap?gc=1&format=folded&sample_index=inuse_space"
      :gmatch "([^\n]+) (%d+)\n" do
      if not stack:find "attach_thread;thread_new" and not stack:find "export_queue_main" then
        bytes = bytes + value
      end
    end
    return bytes
  end
  local before = live_bytes()
  for _ = 1, 6 do get "/short?n=100" wait_for_threads(0) end
  -- 600 states that stay, of 28 KB each, would be 17 MB.
  local more = live_bytes() - before
  assert.is_true(more < 5e6, more)
end)

it("a reload ends the threads of the scripts before", function()
  get "/wait?where=before"
  get "/grandchild"
  wait_for_threads(3)
  support.write_file(folder .. "/routes.lua", ROUTES .. "\n")
  wait_for_threads(0)
  state.wait_for_log(server, "event=gave_up where=before")
end)

it("there may be 256 at once", function()
  local body, status = get "/many"
  assert.equal(500, status)
  assert.truthy(body:find("thread.spawn: 256 threads run already", 1, true), body)
  wait_for_threads(256)
end)

it("one that computes does not keep the server from stopping", function()
  get "/spin"
  wait_for_threads(1)
end)

it("profiles show it", function()
  get "/serve-jobs" get "/hoard"
  state.wait_for_tasks(server, "routes.serve_jobs;sync%.channel:receive")
  state.wait_for_tasks(server, "routes.hoard;sync%.channel:receive")
  get "/spin"
  wait_for_threads(3)
  local function folded(query)
    return (get("/debug/pprof/" .. query .. (query:find("?", 1, true) and "&" or "?")
      .. "format=folded"))
  end
  -- A profile of a second can be without a sample if other processes have all
  -- cores.
  support.wait_until(function()
    return folded "profile?seconds=1"
      :find "%f[^\0\n]__clone3;start_thread;run_os_thread;[^\n]*anonymous@routes.lua:%d+#2 %d+\n"
  end, "a sample of the thread")
  local threads = folded "threadcreate"
  assert.truthy(threads:find "call_handler;.*anonymous@routes.lua:%d+;thread.spawn;os_thread_spawn", threads)
  local began = socket.gettime()
  local wall = folded "wall?seconds=1"
  local took = socket.gettime() - began
  local ns = wall:match "routes.serve_jobs;sync.channel:receive;%(waiting: channel jobs%) (%d+)"
  local seconds = tonumber(ns) / 1e9
  -- The thread waits throughout, for as long as the profile takes.
  assert.is_true(seconds > 0.99 and seconds < took, wall)
  -- The thread has 16 MiB, and 8 MiB after a collection in its own state.
  local function hoarded(query)
    return tonumber(folded(query .. "sample_index=inuse_space")
      :match "routes.hoard;string.rep (%d+)")
  end
  assert.is_true(hoarded "heap?" >= 16 << 20)
  assert.is_true(hoarded "heap?gc=1&" < 9 << 20)
end)
