-- trace_spec.lua: the timeline at /debug/pprof/trace, as Chrome trace events.
-- Needs: timing
local raw_http = require "raw_http"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local clock = require "clock"
local scheduler = require "scheduler"
local sync = require "sync"
local mutex = sync.mutex "traced"

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
  ["GET /hold"] = function() mutex:with(scheduler.sleep, 0.1) return "held" end,
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
-- As Lua, for the spec's own interpreter, which has no JSON.
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

--- The trace of what `run` does, read by a JSON reader; the events in order.
local function trace_of(seconds, run)
  local finish = start("/debug/pprof/trace?seconds=" .. seconds)
  socket.sleep(0.1)
  run()
  local file = folder .. "/trace.json"
  support.write_file(file, finish())
  local code, lua, err = support.command(
    ("run %s/read.lua %s"):format(folder, file))
  assert.equal(0, code, err)
  local trace = assert(load(lua))()
  return trace.traceEvents, trace
end

--- Asynchronous events as spans: { name, ts, dur, args, id, cat, within }.
-- Fails when their ends do not match.
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

--- Milliseconds at least, and not by much more: a loaded machine is late.
local function lasts(us, ms, at_most)
  assert.is_true(us >= ms * 1000 - 1 and us <= at_most * 1000,
    ("%.3f ms, expected %g to %g"):format(us / 1000, ms, at_most))
end

it("has a request, its runs and its wait", support.timed(function()
  local events = trace_of(0.6, function() start "/work" () end)
  local spans = spans_of(events)
  local request = assert(find_all(spans, "GET /work")[1])
  assert.equal("request", request.cat)
  assert.equal(200, request.args.status)
  assert.equal("/work", request.args.route)
  lasts(request.dur, 90, 400)
  assert.is_true(math.abs(request.args.ms * 1000 - request.dur) < 1)
  local waits = {}
  for _, span in ipairs(spans) do
    if span.within == request then waits[#waits + 1] = span end
  end
  assert.equal(1, #waits)
  assert.equal("sleep", waits[1].name)
  lasts(waits[1].dur, 50, 300)
  local runs, thread = {}, nil
  for _, e in ipairs(events) do
    if e.ph == "X" and e.args.id == request.id then
      runs[#runs + 1] = e
      lasts(e.dur, 20, 200)
      assert.is_true(e.ts >= request.ts and e.ts + e.dur <= request.ts + request.dur)
    end
  end
  assert.equal(2, #runs)
  assert.equal(runs[1].tid, runs[2].tid)
  for _, e in ipairs(events) do
    if e.ph == "M" and e.tid == runs[1].tid then thread = e.args.name end
  end
  assert.equal("worker " .. runs[1].args.worker, thread)
end, 3))

it("has waits for locks, by name", support.timed(function()
  local spans = spans_of((trace_of(0.8, function()
    local a, b = start "/hold", start "/hold"
    a() b()
  end)))
  local waits = find_all(spans, "mutex traced")
  assert.equal(1, #waits)
  assert.equal("GET /hold", waits[1].within.name)
  lasts(waits[1].dur, 80, 400)
end, 3))

it("has what began before it, and what goes on", support.timed(function()
  local finish = start "/sleep?s=2"
  socket.sleep(0.1)
  local spans = spans_of((trace_of(0.5, function() end)))
  finish()
  local request = assert(find_all(spans, "GET /sleep")[1])
  assert.is_nil(request.args.status)
  assert.equal(0, request.ts)
  lasts(request.dur, 500, 1600)
  lasts(request.args.ms * 1000, 600, 1800)
  local within = 0
  for _, span in ipairs(spans) do
    if span.within == request then
      within = within + 1
      assert.equal("sleep", span.name)
      assert.equal(0, span.ts)
    end
  end
  assert.equal(1, within)
end, 3))

it("has tasks that are no request's", support.timed(function()
  local spans = spans_of((trace_of(0.5, function() end)))
  local n = 0
  for _, span in ipairs(find_all(spans, "sleep")) do
    if span.cat == "task" then
      n = n + 1
      assert.is_nil(span.within)
    end
  end
  -- Every 50 ms, on two workers: 20 in half a second; a loaded machine, fewer.
  assert.is_true(n >= 5 and n <= 24, n)
end, 3))

it("has collections, and the memory after them", function()
  local events = trace_of(0.4, function() start "/collect" () end)
  local tid, memory
  for _, e in ipairs(events) do
    if e.ph == "i" and e.name == "collection" then tid = e.tid end
    if e.ph == "C" and tid == e.tid then memory = e.args.bytes end
  end
  assert.is_true(memory > 10000 and memory < 10000000, memory)
end)

it("is bounded, and says what it dropped", function()
  local events, trace
  for _, seconds in ipairs { 2, 10, 30 } do -- as busy as the machine is
    events, trace = trace_of(seconds, function()
      for _ = 1, 30 do start "/many" () end
    end)
    if trace.otherData.dropped_events > 0 then break end
  end
  assert.is_true(trace.otherData.dropped_events > 0)
  spans_of(events)
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
  local a, b = start "/debug/pprof/trace?seconds=0.4", start "/debug/pprof/trace?seconds=0.2"
  local client = raw_http.begin(server.port, "/debug/pprof/trace?seconds=30")
  start "/work" ()
  client:close()
  assert.truthy(b():find("GET /work", 1, true))
  assert.truthy(a():find("GET /work", 1, true))
end)
