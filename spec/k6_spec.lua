-- k6_spec.lua: real k6 runs scripts/load-k6.js against the server, clean, and
-- both count the same requests.
-- Needs: k6 core
local support = require "support"
local real_k6 = require "real_k6"

local k6, why = real_k6.find()

local server

setup(function()
  server = support.serve { "--workers", "1", support.source .. "/lua" }
end)

teardown(function() assert.equal(0, server:stop()) end)

it("k6 runs scripts/load-k6.js", function()
  if not k6 then
    pending("k6 is not installed: " .. why)
    return
  end
  local code, summary, printed = real_k6.run(k6, support.source .. "/scripts/load-k6.js",
    "BASE=" .. server.url)
  assert.equal(0, code, printed)
  local _, metrics = support.request(server.url .. "/metrics")
  local sent = real_k6.number(summary, "http_reqs", "count")
  assert.equal(0, real_k6.number(summary, "checks", "fails"), summary)
  assert.equal(2 * sent, real_k6.number(summary, "checks", "passes"), summary)
  assert.is_true(sent > 100, summary)
  local counted = tonumber(metrics:match(
    '\nperilune_http_requests_total{route="GET /data",code="200"} (%d+)'))
  assert.equal(sent, counted)
end)
