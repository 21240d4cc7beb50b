-- k6_load_spec.lua: scripts/load.lua and scripts/load-k6.js say the same of the
-- same server at the same arrival rate.
local support = require "support"
local real_k6 = require "real_k6"

local k6, why = real_k6.find()
local server

setup(function()
  server = support.serve { "--workers", "1", support.source .. "/lua" }
end)

teardown(function() assert.equal(0, server:stop()) end)

--- Both scripts at 100 requests a second for 3 s: what each reports.
local function run_both()
  local environment = ("BASE=%s RATE=100 DURATION=3s"):format(server.url)
  local code, theirs, printed = real_k6.run(k6, support.source .. "/scripts/load-k6.js",
    environment)
  assert.equal(0, code, printed)
  local file = os.tmpname()
  local out, err
  code, out, err = support.run(("%s %s load -q --summary-export %s %s/scripts/load.lua"):format(
    environment, support.quote(support.perilune), file, support.source))
  local ours = support.read_file(file)
  os.remove(file)
  assert.equal(0, code, out .. err)
  return theirs, ours
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

-- The medians of p95 of runs in turn.
local function compare()
  local p95 = { theirs = {}, ours = {} }
  for round = 1, 3 do
    local theirs, ours = run_both()
    for _, counter in ipairs { "http_reqs", "iterations" } do
      local n = real_k6.number(theirs, counter, "count")
      assert.near(n, real_k6.number(ours, counter, "count"), math.max(0.01 * n, 4), counter)
    end
    assert.equal(real_k6.number(theirs, "checks", "fails"),
      real_k6.number(ours, "checks", "fails"))
    p95.theirs[round] = real_k6.number(theirs, "http_req_duration", "p(95)")
    p95.ours[round] = real_k6.number(ours, "http_req_duration", "p(95)")
  end
  return median(p95.theirs), median(p95.ours)
end

-- The server's time for a request is the same; what else differs is how busy the
-- machine was meanwhile, so that a comparison may be made again.
it("load.lua and load-k6.js agree at the same arrival rate", function()
  if not k6 then
    pending("k6 is not installed: " .. why)
    return
  end
  local theirs, ours
  for _ = 1, 6 do
    theirs, ours = compare()
    if math.abs(theirs - ours) <= 0.1 * theirs then return end
  end
  assert.near(theirs, ours, 0.1 * theirs)
end)
