-- k6_load_spec.lua: scripts/load.lua and scripts/load-k6.js measure the same
-- server at the same arrival rate, and their results agree.
-- Needs: k6 cores
local support = require "support"
local real_k6 = require "real_k6"

-- Latencies spread evenly from 200 to 400 ms. A few milliseconds that the machine
-- or k6 adds then neither hide a difference between the two programs nor make
-- one. bench/load.sh compares them with lua/data.lua, which takes 3 ms.
local ROUTES = [[
local scheduler = require "scheduler"
return {
  ["GET /data"] = function()
    scheduler.sleep(0.2 + 0.2 * math.random())
    return "hello"
  end,
}
]]

local RATE, SECONDS = 100, 10
local k6, why = real_k6.find()
local folder, server

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "1", folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Runs both scripts at the same time, so that both meet the same machine.
-- Returns the texts of their --summary-export.
local function run_both(environment)
  local file, script = folder .. "/ours.json", support.source .. "/scripts/load.lua"
  local ours = support.start({ support.perilune, "load", "-q", "--summary-export", file, script },
    environment)
  local code, theirs, printed = real_k6.run(k6, support.source .. "/scripts/load-k6.js",
    environment)
  assert.equal(0, code, printed)
  assert.equal(0, ours:wait(120), ours:output())
  ours:stop()
  return theirs, support.read_file(file)
end

it("load.lua and load-k6.js agree at the same arrival rate", function()
  if not k6 then
    pending("k6 is not installed: " .. why)
    return
  end
  local theirs, ours = run_both(("BASE=%s RATE=%d DURATION=%ds"):format(
    server.url, RATE, SECONDS))
  -- On a busy machine k6 may find no virtual user for a request, and drops it.
  local dropped = theirs:find '"dropped_iterations"' and
    real_k6.number(theirs, "dropped_iterations", "count") or 0
  for _, metric in ipairs { "http_reqs", "iterations" } do
    assert.near(RATE * SECONDS, real_k6.number(ours, metric, "count"), 0.01 * RATE * SECONDS)
    assert.near(RATE * SECONDS, real_k6.number(theirs, metric, "count") + dropped,
      0.01 * RATE * SECONDS)
  end
  for _, summary in ipairs { theirs, ours } do
    assert.equal(0, real_k6.number(summary, "checks", "fails"))
    assert.equal(2 * real_k6.number(summary, "http_reqs", "count"),
      real_k6.number(summary, "checks", "passes"))
  end
  -- Of 1,000 latencies a percentile p is off by sqrt(p (1 - p) / 1000) * 200 ms,
  -- the standard error of an order statistic: the median by 3.2 ms, the 95th by
  -- 1.4 ms, and the difference of two medians by 4.5 ms, or 1.5 %. 10 % are 6 of
  -- these.
  for _, field in ipairs { "med", "p(95)" } do
    local expected = real_k6.number(theirs, "http_req_duration", field)
    assert.near(expected, real_k6.number(ours, "http_req_duration", field), 0.1 * expected, field)
  end
end)
