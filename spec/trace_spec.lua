-- trace_spec.lua: the timeline at /debug/pprof/trace, as Chrome trace events.
local raw_http = require "raw_http"
local server_state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local clock = require "clock"
local scheduler = require "scheduler"
local sync = require "sync"
local mutex, release = sync.mutex "traced", sync.channel "release"

local function burn(seconds)
  local start = clock.mono()
  while clock.mono() - start < seconds do end
end

scheduler.every(0.05, function() scheduler.sleep(0.01) end)

return {
  ["GET /work"] = function()
    burn(0.02)
    scheduler.sleep(0.05)
    burn(0.02)
    return "worked"
  end,
  ["GET /hold"] = function() mutex:with(release.receive, release) return "held" end,
  ["GET /release"] = function() release:send(true) return "released" end,
  ["GET /sleep"] = function(req) scheduler.sleep(tonumber(req.query.s)) return "slept" end,
  ["GET /collect"] = function() collectgarbage() return "collected" end,
  ["GET /many"] = function()
    for _ = 1, 3000 do scheduler.spawn(function() scheduler.sleep(0.001) end) end
    return "many"
  end,
}
]==]

local folder, server

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  support.write_file(folder .. "/read.lua", [[
local json = require "json"
local file = assert(io.open(arg[1]))
local trace = json.decode(file:read "a")
-- Writes Lua: the interpreter that runs the spec has no JSON.
local function write(value)
  if type(value) == "table" then
    io.write "{"
    for key, v in pairs(value) do io.write("[", ("%q"):format(key), "]=") write(v) io.write "," end
    io.write "}"
  else
    io.write(("%q"):format(value))
  end
end
io.write "return "
write(trace)
]])
  server = support.serve { "--workers", "2", folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

local function start(path)
  local client = raw_http.begin(server.port, path)
  return function() return client:finish() end
end

--- Reads a trace with a JSON reader. Returns its events in order, and all of it.
local function read_trace(body)
  local file = folder .. "/trace.json"
  support.write_file(file, body)
  local code, lua, err = support.command(("run %s/read.lua %s"):format(folder, file))
  assert.equal(0, code, err)
  local trace = assert(load(lua))()
  return trace.traceEvents, trace
end

--- Returns the asynchronous events as spans: { name, ts, dur, args, id, cat,
-- within }. Fails if begins and ends do not match.
local function spans_of(events)
  local spans, open = {}, {}
  for _, e in ipairs(events) do
    if e.ph == "b" or e.ph == "e" then
      local key = e.cat .. e.id
      local stack = open[key] or {}
      open[key] = stack
      if e.ph == "b" then
        local span = { name = e.name, ts = e.ts, args = e.args, id = e.id,
          cat = e.cat, within = stack[#stack] }
        stack[#stack + 1], spans[#spans + 1] = span, span
      else
        local span = assert(table.remove(stack), "an end without a begin")
        assert.equal(span.name, e.name)
        assert.is_true(e.ts > span.ts)
        span.dur = e.ts - span.ts
      end
    end
  end
  for key, stack in pairs(open) do assert.equal(0, #stack, key) end
  return spans
end

local function find_all(list, name)
  local found = {}
  for _, item in ipairs(list) do
    if item.name == name then found[#found + 1] = item end
  end
  return found
end

--- Takes a trace while run() runs, until is_whole(spans) says that all events of
-- the run are in the trace. On a busy machine the trace may begin later than the
-- run or end before the run ends: then a longer trace is taken. Returns the spans,
-- the events, and the seconds from the request to the end of the reply.
local function trace_of(run, is_whole)
  for _, seconds in ipairs { 0.4, 1, 2, 4, 8 } do
    local began = socket.gettime()
    local finish = start("/debug/pprof/trace?seconds=" .. seconds)
    run()
    local events = read_trace(finish())
    local spans = spans_of(events)
    if is_whole(spans) then return spans, events, socket.gettime() - began end
  end
  return error("what happens within a trace of 8 s is not in it", 2)
end

--- Returns a function for trace_of that is true if the trace has n requests of
-- this name, each from its begin to its end.
local function has_whole(name, n)
  return function(spans)
    local found = find_all(spans, name)
    for _, span in ipairs(found) do
      if span.ts == 0 or not span.args.status then return false end
    end
    return #found == n
  end
end

--- Compares a time in microseconds with bounds in seconds.
local function lasts(us, least, most)
  assert.is_true(us >= least * 1e6 - 1 and us <= most * 1e6 + 1,
    ("%.6f s, expected %g to %g"):format(us / 1e6, least, most))
end

it("has a request, its runs and its wait", function()
  -- The request ends after its client has the reply, so `took` ends with the trace.
  local spans, events, took = trace_of(function() start "/work" () end,
    has_whole("GET /work", 1))
  local request = find_all(spans, "GET /work")[1]
  assert.equal("request", request.cat)
  assert.equal(200, request.args.status)
  assert.equal("/work", request.args.route)
  lasts(request.dur, 0.09, took)
  assert.is_true(math.abs(request.args.ms * 1000 - request.dur) < 1)
  local waits = {}
  for _, span in ipairs(spans) do
    if span.within == request then waits[#waits + 1] = span end
  end
  assert.equal(1, #waits)
  assert.equal("sleep", waits[1].name)
  -- The request also has two runs of 20 ms each.
  lasts(waits[1].dur, 0.05, request.dur / 1e6 - 0.04)
  local runs, thread = {}, nil
  for _, e in ipairs(events) do
    if e.ph == "X" and e.args.id == request.id then
      runs[#runs + 1] = e
      lasts(e.dur, 0.02, (request.dur - waits[1].dur) / 1e6 - 0.02)
      assert.is_true(e.ts >= request.ts and e.ts + e.dur <= request.ts + request.dur)
    end
  end
  assert.equal(2, #runs)
  assert.equal(runs[1].tid, runs[2].tid)
  for _, e in ipairs(events) do
    if e.ph == "M" and e.tid == runs[1].tid then thread = e.args.name end
  end
  assert.equal("worker " .. runs[1].args.worker, thread)
end)

it("has waits for locks, by name", function()
  local least, most
  local spans = trace_of(function()
    local holds = start "/hold"
    server_state.wait_for_waits(server, { wait = "channel release" })
    local began = socket.gettime()
    local waits = start "/hold"
    server_state.wait_for_waits(server, { wait = "mutex traced" })
    local seen = socket.gettime()
    socket.sleep(0.05) -- a part of the wait, whose length is compared
    local let_go = socket.gettime()
    start "/release" ()
    holds()
    -- The second handler has the lock.
    server_state.wait_for_waits(server, { wait = "channel release" })
    least, most = let_go - seen, socket.gettime() - began
    start "/release" ()
    waits()
  end, has_whole("GET /hold", 2))
  local waits = find_all(spans, "mutex traced")
  assert.equal(1, #waits)
  assert.equal("GET /hold", waits[1].within.name)
  lasts(waits[1].dur, least, most)
end)

it("has what began before it, and what goes on", function()
  local began = socket.gettime()
  local client = raw_http.begin(server.port, "/sleep?s=600")
  server_state.wait_for_waits(server, { wait = "sleep", route = "/sleep" })
  local asleep = socket.gettime()
  socket.sleep(0.05) -- a part of the sleep, whose length is compared
  local before = socket.gettime() - asleep
  local finish = start "/debug/pprof/trace?seconds=0.5"
  local spans = spans_of((read_trace(finish())))
  local most = socket.gettime() - began
  client:close()
  local request = assert(find_all(spans, "GET /sleep")[1])
  assert.is_nil(request.args.status)
  assert.equal(0, request.ts)
  lasts(request.dur, 0.5, most)
  lasts(request.args.ms * 1000, before + request.dur / 1e6, most)
  local within = 0
  for _, span in ipairs(spans) do
    if span.within == request then
      within = within + 1
      assert.equal("sleep", span.name)
      assert.equal(0, span.ts)
    end
  end
  assert.equal(1, within)
end)

it("has tasks that are no request's", function()
  local function of_tasks(spans)
    local n = 0
    for _, span in ipairs(find_all(spans, "sleep")) do
      if span.cat == "task" then
        n = n + 1
        assert.is_nil(span.within)
      end
    end
    return n
  end
  local spans, _, seconds = trace_of(function() end,
    function(spans) return of_tasks(spans) >= 5 end)
  -- A task begins every 50 ms on each of two workers; two more on each may have
  -- begun before the trace, or begin after the client asked for it.
  assert.is_true(of_tasks(spans) <= 2 * (seconds / 0.05 + 2), of_tasks(spans))
end)

it("has collections, and the memory after them", function()
  local tid, memory
  local _, events = trace_of(function() start "/collect" () end, has_whole("GET /collect", 1))
  for _, e in ipairs(events) do
    if e.ph == "i" and e.name == "collection" then tid = e.tid end
    if e.ph == "C" and tid == e.tid then memory = e.args.bytes end
  end
  assert.is_true(memory > 10000 and memory < 10000000, memory)
end)

it("is bounded, and says what it dropped", function()
  -- The trace is long: the program checks it, because its JSON reader is fast.
  support.write_file(folder .. "/count.lua", [[
local trace = require "json".decode(assert(io.open(arg[1])):read "a")
local open = {}
for _, e in ipairs(trace.traceEvents) do
  local key = e.cat and e.id and e.cat .. e.id
  if e.ph == "b" then
    open[key] = { name = e.name, ts = e.ts, within = open[key] }
  elseif e.ph == "e" then
    local span = assert(open[key], "an end without a begin")
    assert(span.name == e.name and e.ts > span.ts)
    open[key] = span.within
  end
end
assert(next(open) == nil, "a begin without an end")
print(#trace.traceEvents, trace.otherData.dropped_events)
]])
  local n, n_dropped
  for _, seconds in ipairs { 2, 10, 30 } do -- a busy machine makes fewer events
    local finish = start("/debug/pprof/trace?seconds=" .. seconds)
    for _ = 1, 30 do start "/many" () end
    support.write_file(folder .. "/trace.json", finish())
    local code, out, err = support.command(("run %s/count.lua %s/trace.json"):format(folder, folder))
    assert.equal(0, code, err)
    n, n_dropped = out:match "^(%d+)%s(%d+)"
    if tonumber(n_dropped) > 0 then break end
  end
  assert.is_true(tonumber(n) > 0 and tonumber(n_dropped) > 0, n_dropped)
end)

it("answers as a profile does", function()
  local status, body, headers =
    support.request(server.url .. "/debug/pprof/trace?seconds=0.05")
  assert.equal(200, status)
  assert.equal("application/json", headers["content-type"])
  assert.equal('attachment; filename="trace.json"', headers["content-disposition"])
  assert.equal("nosniff", headers["x-content-type-options"])
  assert.truthy(body:find('^{"displayTimeUnit"'))
  for _, name in ipairs { "format=folded", "label=a:b", "worker=1", "rate=10" } do
    status, body = support.request(server.url .. "/debug/pprof/trace?" .. name)
    assert.equal(400, status)
    assert.equal(('"%s" is not for trace\n'):format(name:match "%a+"), body)
  end
end)

it("two at once do not disturb each other, nor a client that leaves", function()
  local is_whole = has_whole("GET /work", 1)
  local shorter
  trace_of(function() -- this is the longer one
    for _, seconds in ipairs { 0.2, 0.5, 1, 2, 4 } do
      local finish = start("/debug/pprof/trace?seconds=" .. seconds)
      local leaves = raw_http.begin(server.port, "/debug/pprof/trace?seconds=30")
      start "/work" ()
      leaves:close()
      shorter = spans_of((read_trace(finish())))
      if is_whole(shorter) then break end
    end
  end, is_whole)
  assert.equal(1, #find_all(shorter, "GET /work"))
end)
