-- k6_load_spec.lua: scripts/load.lua and scripts/load-k6.js say the same of the
-- same server at the same arrival rate.
-- Needs: k6 timing
local support = require "support"
local real_k6 = require "real_k6"

-- Latencies spread evenly over 200 ms: how busy the machine is, a few ms of k6's,
-- then hides no difference between the two, nor makes one. bench/load.sh compares
-- them with lua/data.lua, of 3 ms.
local ROUTES = [[
local scheduler = require "scheduler"
return {
  ["GET /data"] = function()
    scheduler.sleep(0.1 + 0.2 * math.random())
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

--- What the script reports of a run: the text of its --summary-export.
local function run_k6(environment)
  local code, summary, printed = real_k6.run(k6, support.source .. "/scripts/load-k6.js",
    environment)
  assert.equal(0, code, printed)
  return summary
end

local function run_load(environment)
  local file = os.tmpname()
  local code, out, err = support.run(("%s %s load -q --summary-export %s %s/scripts/load.lua")
    :format(environment, support.quote(support.perilune), file, support.source))
  local summary = support.read_file(file)
  os.remove(file)
  assert.equal(0, code, out .. err)
  return summary
end

it("load.lua and load-k6.js agree at the same arrival rate", function()
  if not k6 then
    pending("k6 is not installed: " .. why)
    return
  end
  local environment = ("BASE=%s RATE=%d DURATION=%ds"):format(server.url, RATE, SECONDS)
  local theirs, ours = run_k6(environment), run_load(environment)
  local function compare(metric, field, tolerance)
    local expected = real_k6.number(theirs, metric, field)
    assert.near(expected, real_k6.number(ours, metric, field), tolerance * expected,
      metric .. " " .. field)
  end
  for _, metric in ipairs { "http_reqs", "iterations" } do
    compare(metric, "count", 0.01)
  end
  compare("checks", "passes", 0.01)
  assert.equal(0, real_k6.number(theirs, "checks", "fails"))
  assert.equal(0, real_k6.number(ours, "checks", "fails"))
  -- Of 1,000 latencies a percentile p is off by sqrt(p (1 - p) / 1000) * 200 ms,
  -- the standard error of an order statistic: the median by 3.2 ms, 1.6 %, the
  -- 95th by 1.4 ms.
  for _, field in ipairs { "med", "p(95)" } do
    compare("http_req_duration", field, 0.1)
  end
end)
