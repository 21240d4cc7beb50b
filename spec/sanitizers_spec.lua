-- sanitizers_spec.lua: the server under AddressSanitizer and UBSan, with
-- 200,000 requests and profiles, of memory too, at a high rate all the while; and under
-- valgrind from start through a profile to the end. No report.
local support = require "support"

local REQUESTS = 200000
local ASAN = assert(os.getenv("PERILUNE_ASAN"), "PERILUNE_ASAN is not set")

local folder

setup(function() folder = support.new_folder() end)
teardown(function() support.remove_folder(folder) end)

--- Start a server given as words before "serve"; wait until it answers.
local function serve(words, environment, dir)
  local port = support.free_port()
  for _, word in ipairs { "serve", "--listen", "127.0.0.1:" .. port,
    "--workers", "2", "--heap-rate", "4096", dir or support.source .. "/lua" } do
    words[#words + 1] = word
  end
  local server = support.start(words, environment)
  server.url = "http://127.0.0.1:" .. port
  support.wait_until(function()
    return (support.request(server.url .. "/healthz")) == 200
  end, "the server under test", 60)
  return server
end

local function assert_no_report(output)
  for _, sign in ipairs { "Sanitizer", "runtime error", "== ERROR" } do
    assert.is_nil(output:find(sign, 1, true), output)
  end
end

it("finds nothing in 200,000 requests under ASan and UBSan", function()
  assert.is_true(support.exists(ASAN), ASAN .. " is not built")
  local server = serve({ ASAN })
  -- Ends with the load: a file tells it to.
  local stop = folder .. "/stop"
  local profiles = support.start { "sh", "-c", ([[
    n=0
    while ! [ -e %s ]; do
      for query in 'seconds=1&rate=10000' 'seconds=2&rate=10000&format=folded'; do
        curl -sSf -o %s/profile "%s/debug/pprof/profile?$query" || exit 1
        curl -sSf -o %s/profile "%s/debug/pprof/heap?gc=1" || exit 1
        n=$((n + 1))
      done
      curl -sSf -m 0.2 "%s/debug/pprof/profile?rate=10000" 2>/dev/null
    done
    echo $n profiles]]):format(stop, folder, server.url, folder, server.url, server.url) }
  local code, out, err = support.command(
    ("load '%s/data?rows=5' -u 32 -i %d --quiet --summary-export %s/summary")
    :format(server.url, REQUESTS, folder))
  support.write_file(stop, "")
  assert.are.equal(0, code, err)
  local ended = profiles:wait(30)
  assert.are.equal(0, ended, profiles:output() .. server:output())
  local taken = tonumber(profiles:output():match("(%d+) profiles"))
  assert.is_true(taken >= 4, profiles:output())
  profiles:stop()
  assert.is_truthy(out:find("http_req_failed[ .]*: 0.00%%"), out)
  assert.is_truthy(out:find("http_reqs[ .]*: " .. REQUESTS), out)
  local log = server:output()
  assert.are.equal(0, server:stop())
  assert_no_report(log)
end)

it("finds nothing under valgrind: start, profile, stop", function()
  local log = folder .. "/valgrind.log"
  local server = serve { "valgrind", "--error-exitcode=99", "--leak-check=full",
    "--errors-for-leak-kinds=definite", "--log-file=" .. log,
    "--suppressions=" .. support.source .. "/spec/valgrind.supp",
    support.perilune }
  local load = support.start { "sh", "-c", ([[
    for i in 1 2 3 4 5 6 7 8; do
      curl -sSf -o /dev/null '%s/data?rows=200' || exit 1
    done]]):format(server.url) }
  local status, body = support.request(server.url ..
    "/debug/pprof/profile?seconds=3&format=folded")
  assert.are.equal(200, status)
  assert.is_truthy(body:find("data.answer;", 1, true), body)
  assert.are.equal(0, load:wait(60))
  load:stop()
  server:signal("TERM")
  local code = server:wait(60)
  local report = support.read_file(log)
  assert.are.equal(0, code, report)
  assert.is_truthy(report:find("ERROR SUMMARY: 0 errors", 1, true), report)
  server:stop()
end)

-- Uses all that a state has to do with the server, from a finalizer and from
-- a to-be-closed variable of a handler that is given up.
local AT_THE_END = [==[
local http = require "http"
local log = require "log"
local profile = require "profile"
local scheduler = require "scheduler"
local sync = require "sync"

local mutex, channel = sync.mutex "m", sync.channel "c"

local function use_all(event)
  pcall(scheduler.spawn, print)
  pcall(scheduler.after, 0.001, print)
  pcall(scheduler.sleep, 0)
  pcall(mutex.lock, mutex)
  pcall(channel.receive, channel, 1)
  pcall(profile.labels, { step = "end" })
  pcall(http.get, "http://127.0.0.1:1/")
  log.info(event)
end

FINALIZED = setmetatable({}, { __gc = function() use_all "finalized" end })

return {
  ["GET /wait"] = function()
    local closed <close> = setmetatable({}, { __close = function() use_all "closed" end })
    scheduler.sleep(60)
  end,
}
]==]

it("finds nothing in what scripts do while their state is closed", function()
  local dir = support.new_folder()
  support.write_file(dir .. "/routes.lua", AT_THE_END)
  local server = serve({ ASAN }, nil, dir)
  -- Given up after five seconds.
  local waits = support.start { "curl", "-s", server.url .. "/wait" }
  support.wait_until(function()
    return select(2, support.request(server.url .. "/debug/pprof/goroutine?debug=1"))
      :find('"wait":"sleep"', 1, true)
  end, "the handler to wait")
  server:signal "TERM"
  assert.equal(0, server:wait(30), server:output())
  local log = server:output()
  assert.equal(1, select(2, log:gsub("event=closed", "")), log)
  assert.equal(2, select(2, log:gsub("event=finalized", "")), log)
  assert_no_report(log)
  waits:stop()
  server:stop()
  support.remove_folder(dir)
end)
