-- shared_spec.lua: dicts that all workers share.
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local json = require "json"
local shared = require "shared"

--- Runs the chunk of the body with `dict`, `shared` and `json`. Answers with
--- whether it raised no error, and its results or the error.
local function run(req)
  local chunk = assert(load("local dict, shared, json = ... " .. req.body))
  local results = table.pack(pcall(chunk, shared.dict("test", 1 << 20), shared, json))
  local list = {}
  for i = 1, results.n do list[i] = results[i] == nil and json.null or results[i] end
  return json.array(list)
end

return { ["POST /run"] = run }
]==]

local folder, server

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "2", "--heap-rate", "65536", folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Runs code in the server. Returns the answer, JSON. Each call has its own
-- connection, so any worker may run it.
local function run(code)
  local status, body = support.request(server.url .. "/run", { method = "POST", body = code })
  assert.equal(200, status, body)
  return body
end

before_each(function() run "for _, k in ipairs(dict:keys()) do dict:delete(k) end" end)

it("keeps values of all types, as copies", function()
  run [[dict:set("t", { 1, 2.5, "x", true, { y = json.null } })
    dict:set("i", 7) dict:set("f", 7.0) dict:set("s", "a\0b") dict:set("b", false)]]
  for _ = 1, 4 do
    assert.equal('[true,[1,2.5,"x",true,{"y":null}],7,7.0,"a\\u0000b",false,null]', run
      [[return dict:get "t", dict:get "i", dict:get "f", dict:get "s", dict:get "b", dict:get "none"]])
  end
  assert.equal("[true,1]", run [[local t = { 1 } dict:set("t", t) t[1] = 2 return dict:get("t")[1] ]])
end)

it("adds, deletes, counts and lists", function()
  assert.equal("[true,true,false,1]", run
    [[return dict:add("a", 1), dict:add("a", 2), dict:get "a"]])
  assert.equal('[true,2,["a","b"]]', run [[dict:set("b", 1) dict:get "a" return dict:count(), dict:keys()]])
  assert.equal('[true,["a"]]', run [[return dict:keys(1)]])
  assert.equal("[true,true,false,null,1]", run
    [[return dict:delete "a", dict:delete "a", dict:get "a", dict:count()]])
end)

it("forgets in time", function()
  run [[dict:set("short", 1, 0.05) dict:set("long", 1, 60) dict:add("new", 1, 0.05)]]
  socket.sleep(0.1) -- longer than two of the entries live
  assert.equal('[true,null,1,1,["long"],true]', run
    [[return dict:get "short", dict:get "long", dict:count(), dict:keys(), dict:add("new", 2)]])
end)

it("adds to numbers as Lua does", function()
  assert.equal("[true,1,6,6.5,12,9007199254740993]", run [[return dict:incr "n", dict:incr("n", 5),
    dict:incr("n", 0.5), dict:incr("m", 2, 10), dict:incr("big", 1, 9007199254740992)]])
  assert.truthy(run [[dict:set("s", "x") return dict:incr "s"]]
    :find("dict:incr: the value of 's' is no number", 1, true))
end)

it("loses nothing when all workers add at once", function()
  local running = {}
  for i = 1, 8 do
    running[i] = raw_http.begin(server.port, "/run",
      { method = "POST", body = "for i = 1, 20000 do dict:incr 'sum' end" })
  end
  for _, client in ipairs(running) do assert.equal("[true]", client:finish()) end
  assert.equal("[true,160000]", run "return dict:get 'sum'")
end)

it("is bounded: the least recently used entry goes", function()
  local code = [[local small = shared.dict("small", 10000)
    for _, k in ipairs(small:keys()) do small:delete(k) end
    for i = 1, 200 do
      small:set("k" .. i, ("x"):rep(100))
      small:get "k1" -- stays in use
    end
    local keys = small:keys()
    return #keys, keys[1], keys[2], small:get "k2", small:get "k200" ~= nil]]
  -- An entry takes 112 + 4 + 109: the string, its length and its tag.
  assert.equal('[true,44,"k1","k200",null,true]', run(code))
  assert.truthy(run [[shared.dict("small", 10000):set("k", ("x"):rep(10000))]]
    :find("dict:set: the value takes more than all of dict small, 10000 bytes", 1, true))
  assert.equal("[true,44]", run [[return shared.dict("small"):count()]])
end)

it("refuses what is wrong, and says so", function()
  for code, message in pairs {
    ["dict:get('')"] = "a key must have 1 to 1024 bytes",
    ["dict:get(('k'):rep(1025))"] = "a key must have 1 to 1024 bytes",
    ["dict:set('k', nil)"] = "nil is no value: delete the key",
    ["dict:set('k')"] = "value expected",
    ["dict:set('k', print)"] = "a function cannot go to another Lua state",
    ["dict:set('k', 1, -1)"] = "must be from 0 to 1e6 seconds",
    ["shared.dict('test', 5000)"] = "dict 'test' exists already, with a size in bytes of 1048576",
    ["shared.dict('tiny', 10)"] = "must be from 1024 to",
    ["shared.dict('')"] = "a name must have 1 to 128 bytes",
    ["dict:incr('k', 'x')"] = "number expected, got string",
    ["dict:keys(-1)"] = "must not be negative",
  } do
    local body = run(code)
    assert.truthy(body:find("^%[false"), code .. body)
    assert.truthy(body:find(message, 1, true), code .. body)
  end
end)

it("outlives a reload, and goes when it is empty", function()
  run [[dict:set("kept", 1)]]
  support.write_file(folder .. "/routes.lua", ROUTES .. "\n")
  state.wait_for_log(server, "event=reloaded")
  for _ = 1, 4 do assert.equal("[true,1]", run [[return dict:get "kept"]]) end
end)

it("shows in the heap profile", function()
  run [[for i = 1, 32 do dict:set("h" .. i, ("x"):rep(30000)) end]]
  local _, folded = support.request(server.url ..
    "/debug/pprof/heap?format=folded&sample_index=inuse_space")
  local bytes = 0
  for line in folded:gmatch "[^\n]+" do
    if line:find("shared.dict:set;", 1, true) then bytes = bytes + line:match " (%d+)$" end
  end
  -- 960,000 bytes with one sample per 65,536 bytes on average are 15 samples. The
  -- bounds are four standard deviations.
  if not os.getenv "PERILUNE" or not os.getenv("PERILUNE"):find "asan" then
    assert.is_true(bytes > 300000 and bytes < 2000000, folded)
  end
end)
