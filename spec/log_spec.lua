-- log_spec.lua: the server's log, as logfmt and as JSON, and its line for each
-- request.
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"

local ROUTES = [==[
local log = require "log"
local scheduler = require "scheduler"
return {
  ["GET /hello"] = function() return "hello" end,
  ["GET /users/{id}"] = function(req) return { id = req.id } end,
  ["GET /burn"] = function()
    local clock = require "clock"
    local start, list = clock.thread(), {}
    while clock.thread() - start < 0.03 do end
    for i = 1, 20000 do list[i] = {} end
    scheduler.sleep(0.1)
    return "burnt"
  end,
  ["GET /sleep"] = function() scheduler.sleep(60) end,
  ["GET /fails"] = function() error 'with "quotes" and\nlines' end,
  ["GET /says"] = function()
    log.warn("said", { text = 'a "b"\n\\ \1 \xff ä', whole = 1, part = 0.5, yes = true,
      nan = 0 / 0, word = "plain-word_1.2", empty = "", list = setmetatable({}, {
        __tostring = function() return "a list" end }) })
  end,
  ["GET /stream"] = function(req)
    return req:stream(function(write)
      for _ = 1, 10 do write(("x"):rep(100)) end
    end)
  end,
}
]==]

local folder

-- Prints each line of a file, which must be a JSON object, with its keys sorted.
local READER = [==[
local json = require "json"
for line in io.lines(arg[1]) do
  local object = json.decode(line)
  local parts = {}
  for key, value in pairs(object) do
    parts[#parts + 1] = ("%s=%s:%s"):format(key, math.type(value) or type(value), value)
  end
  table.sort(parts)
  print(table.concat(parts, "|"))
end
]==]

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  support.write_file(folder .. "/read.txt", READER)
end)

teardown(function() support.remove_folder(folder) end)

--- Starts a server, calls f with it and stops it. Returns its log.
local function log_of(arguments, f)
  local words = { "--workers", "1", table.unpack(arguments) }
  words[#words + 1] = folder
  local server = support.serve(words)
  f(server)
  server:signal "TERM"
  assert.equal(0, server:wait())
  local log = server:output()
  server:stop()
  return log
end

local function get(path, headers)
  return function(server)
    return support.request(server.url .. path, { headers = headers })
  end
end

local function line_of(log, event)
  for line in log:gmatch "[^\n]+" do
    if line:find("event=" .. event, 1, true) then return line end
  end
  error("no " .. event .. " in " .. log)
end

--- Returns the log's lines as READER prints them.
local function read_json(log)
  support.write_file(folder .. "/log.json", log)
  os.rename(folder .. "/read.txt", folder .. "/read.lua")
  local code, out, err = support.command(("run %s/read.lua %s/log.json"):format(folder, folder))
  os.rename(folder .. "/read.lua", folder .. "/read.txt")
  assert.equal(0, code, err .. log)
  return out
end

describe("the log", function()
  it("is logfmt", function()
    local log = log_of({}, get "/says")
    assert.truthy(log:find "^time=%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ level=info event=listening address=127%.0%.0%.1:%d+ workers=1 dir=/")
    local said = line_of(log, "said")
    for _, field in ipairs { [[ text="a \"b\"\n\\ ? ]], ' whole=1 ', ' part=0.5 ', ' nan=NaN ',
      ' yes=true', ' word=plain-word_1.2 ', ' empty="" ', ' list="a list" ' } do
      assert.truthy((said .. " "):find(field, 1, true), said)
    end
  end)

  it("is JSON if asked, valid whatever is in it", function()
    local log = log_of({ "--log-format", "json", "--access-log" }, function(server)
      get "/says" (server)
      get "/fails" (server)
      get "/%01%22" (server)
    end)
    local out = read_json(log)
    assert.truthy(out:find("event=string:said", 1, true))
    for _, field in ipairs { "|whole=integer:1", "|part=float:0.5", "|yes=boolean:true",
      "|nan=userdata:", "text=string:a \"b\"\n\\ \1 \u{FFFD} ä", "workers=integer:1",
      "event=string:handler_failed", "status=integer:500", "status=integer:404",
      'with "quotes" and\nlines' } do
      assert.truthy(out:find(field, 1, true), field .. "\n" .. out)
    end
  end)

  it("drops what is below its level", function()
    local log = log_of({ "--log-level", "warn" }, get "/says")
    assert.is_nil(log:find("listening", 1, true))
    assert.truthy(log:find("event=said", 1, true))
    log = log_of({ "--log-level", "error" }, get "/says")
    assert.equal("", log)
  end)

  it("names what may be asked for", function()
    for option, message in pairs {
      ["--log-format xml"] = "--log-format must be logfmt or json, got 'xml'",
      ["--log-level loud"] = "--log-level must be debug, info, warn or error, got 'loud'",
    } do
      local code, _, err = support.command("serve " .. option)
      assert.equal(2, code)
      assert.truthy(err:find(message, 1, true), err)
    end
  end)
end)

describe("the access log", function()
  it("is not there unless asked for", function()
    local log = log_of({}, get "/hello")
    assert.is_nil(log:find("event=request", 1, true))
  end)

  it("has a line for each request", function()
    local log = log_of({ "--access-log" }, get "/users/7?x=1")
    local line = line_of(log, "request")
    assert.truthy(line:find('method=GET path=/users/7 route="GET /users/{id}" status=200 bytes=25 ms=', 1, true), line)
    assert.truthy(line:find "id=%x+ ", line)
    assert.truthy(line:find " ms=[%d.e-]+ cpu_ms=[%d.e-]+ lua_bytes=%d+ worker=1 remote=127%.0%.0%.1$", line)
  end)

  it("counts the CPU time and the memory of its handler alone", function()
    local log = log_of({ "--access-log" }, function(server)
      -- Several requests at once on one worker. Each handler sleeps after its
      -- work.
      local clients = {}
      for i = 1, 4 do clients[i] = raw_http.begin(server.port, "/burn") end
      for i = 1, 4 do clients[i]:finish() end
    end)
    local n = 0
    for ms, cpu, bytes in log:gmatch "ms=([%d.]+) cpu_ms=([%d.]+) lua_bytes=(%d+)" do
      n = n + 1
      cpu, bytes = tonumber(cpu), tonumber(bytes)
      assert.is_true(tonumber(ms) > 130, ms)
      -- 30 ms and the time to make the tables. With the CPU time of the other three
      -- it would be more than 120 ms.
      assert.is_true(cpu > 30 and cpu < 110, cpu)
      -- 20,000 tables of 56 bytes, and the list while it grows.
      assert.is_true(bytes > 20000 * 56 and bytes < 20000 * 56 + 2 ^ 20 + 2 ^ 18, bytes)
    end
    assert.equal(4, n)
  end)

  it("tells what was streamed, what had no route and who left", function()
    local log = log_of({ "--access-log" }, function(server)
      get "/stream" (server)
      get "/nowhere" (server)
      get "/fails" (server)
      support.request(server.url .. "/hello", { method = "HEAD" })
      state.begin(server, "/sleep"):close()
      state.wait_for_log(server, "status=499")
    end)
    for _, fields in ipairs { 'method=HEAD path=/hello route="GET /hello" status=200 bytes=0 ',
      'path=/stream route="GET /stream" status=200 bytes=1000 ',
      'path=/nowhere route="" status=404 bytes=10 ', 'path=/fails route="GET /fails" status=500 bytes=22 ',
      'path=/sleep route="GET /sleep" status=499 bytes=0 ' } do
      assert.truthy(log:find(fields, 1, true), log)
    end
  end)
end)

describe("a request's id", function()
  local function id_sent(given)
    local id, seen
    local log = log_of({ "--access-log" }, function(server)
      local _, body, headers = support.request(server.url .. "/users/1",
        { headers = given and { ["X-Request-Id"] = given } or {} })
      id, seen = headers["x-request-id"], body:match '"id":"(.-)"'
    end)
    assert.equal(id, seen)
    assert.truthy(line_of(log, "request"):find(" id=" .. id .. " ", 1, true)
      or line_of(log, "request"):find(' id="' .. id .. '" ', 1, true), log)
    return id
  end

  it("is its client's", function()
    assert.equal("abc-123_X", id_sent "abc-123_X")
    assert.equal("Root=1-2", id_sent "Root=1-2")
  end)

  it("is ours where that is none, or too long, or odd", function()
    assert.truthy(id_sent():find "^%x+$")
    assert.equal(16, #id_sent())
    assert.equal(16, #id_sent(("x"):rep(65)))
    assert.equal(16, #id_sent 'a b"')
    assert.not_equal(id_sent(), id_sent())
  end)

  it("is there without an access log, and not sent", function()
    log_of({}, function(server)
      local _, body, headers = support.request(server.url .. "/users/1")
      assert.truthy(body:find '"id":"%x+"')
      assert.is_nil(headers["x-request-id"])
    end)
  end)
end)
