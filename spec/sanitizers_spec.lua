-- sanitizers_spec.lua: a server serves many requests while profiles of CPU and
-- memory are taken at a high rate, and ends while its scripts still run. Under
-- AddressSanitizer and UBSan nothing is reported.
-- Needs: asan cores
local support = require "support"

local REQUESTS = os.getenv "PERILUNE_ASAN" and 200000 or 20000

local folder

setup(function() folder = support.new_folder() end)
teardown(function() support.remove_folder(folder) end)

local function serve(dir)
  return support.serve { "--workers", "2", "--heap-rate", "4096", dir }
end

local function assert_no_report(output)
  for _, sign in ipairs { "Sanitizer", "runtime error", "== ERROR" } do
    assert.is_nil(output:find(sign, 1, true), output)
  end
end

it("finds nothing in " .. REQUESTS .. " requests with profiles", function()
  local server = serve(support.source .. "/lua")
  -- The profiles end with the load: a file tells them to.
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
  local ended = profiles:wait(300)
  assert.are.equal(0, ended, profiles:output() .. server:output())
  local taken = tonumber(profiles:output():match("(%d+) profiles"))
  assert.is_true(taken >= 2, profiles:output())
  profiles:stop()
  assert.is_truthy(out:find("http_req_failed[ .]*: 0.00%%"), out)
  assert.is_truthy(out:find("http_reqs[ .]*: " .. REQUESTS), out)
  local log = server:output()
  assert.are.equal(0, server:stop())
  assert_no_report(log)
end)

-- A finalizer, and a to-be-closed variable of a handler that is given up, use every
-- module that has to do with the server.
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
  local server = serve(dir)
  -- The server gives the handler up after five seconds.
  local waits = support.start { "curl", "-s", server.url .. "/wait" }
  support.wait_until(function()
    return select(2, support.request(server.url .. "/debug/pprof/goroutine?debug=1"))
      :find('"wait":"sleep"', 1, true)
  end, "the handler to wait", 120)
  server:signal "TERM"
  assert.equal(0, server:wait(120), server:output())
  local log = server:output()
  assert.equal(1, select(2, log:gsub("event=closed", "")), log)
  assert.equal(2, select(2, log:gsub("event=finalized", "")), log)
  assert_no_report(log)
  waits:stop()
  server:stop()
  support.remove_folder(dir)
end)
