-- k6_spec.lua: real k6 runs scripts/load-k6.js against the server, clean, and
-- both count the same requests.
--
-- k6 is no Debian package: where a Go toolchain that is new enough reaches its
-- module proxy, it is installed into a cache outside the tree, once.
local support = require "support"

local VERSION = "v1.8.1"
local CACHE = (os.getenv("XDG_CACHE_HOME") or os.getenv("HOME") .. "/.cache")
  .. "/perilune/k6-" .. VERSION

--- The path of k6, or nil and why there is none.
local function find_k6()
  local k6 = CACHE .. "/k6"
  if support.exists(k6) then return k6 end
  local code, out = support.run "go env GOVERSION"
  local minor = tonumber(out:match("^go1%.(%d+)"))
  if code ~= 0 or not minor then return nil, "there is no go to install it" end
  if minor < 24 then return nil, "go is too old to build it: " .. out end
  -- A proxy that is not there is not waited for.
  local module = "go.k6.io/k6@" .. VERSION
  code = support.run("timeout 30 go list -m " .. module .. " >/dev/null")
  if code ~= 0 then return nil, "no module proxy has it" end
  local _, errors
  code, _, errors = support.run(("GOBIN=%s timeout 1200 go install %s")
    :format(support.quote(CACHE), module))
  if code ~= 0 then return nil, "it does not build: " .. errors end
  return k6
end

it("k6 runs scripts/load-k6.js", function()
  local k6, why = find_k6()
  if not k6 then
    pending("k6 is not installed: " .. why)
    return
  end
  local server = support.serve { "--workers", "2", support.source .. "/lua" }
  local folder = support.new_folder()
  local code, out, err = support.run(
    ("K6_NO_USAGE_REPORT=true BASE=%s timeout 120 %s run --quiet --no-color "
      .. "--summary-export %s/summary.json %s/scripts/load-k6.js"):format(
      server.url, support.quote(k6), folder, support.source))
  local _, metrics = support.request(server.url .. "/metrics")
  local summary = support.exists(folder .. "/summary.json")
    and support.read_file(folder .. "/summary.json") or ""
  support.remove_folder(folder)
  local log = server:output()
  assert.equal(0, server:stop())
  assert.equal(0, code, out .. err)
  -- Groups have checks, too, each of its own.
  local totals = summary:match '"metrics":.*'
  local fails = tonumber(totals:match '"checks":%s*{.-"fails":%s*(%d+)')
  local passes = tonumber(totals:match '"checks":%s*{.-"passes":%s*(%d+)')
  local sent = tonumber(totals:match '"http_reqs":%s*{.-"count":%s*(%d+)')
  assert.equal(0, fails, summary)
  assert.equal(2 * sent, passes, summary)
  assert.is_true(sent > 100, summary)
  local counted = tonumber(metrics:match(
    '\nperilune_http_requests_total{route="GET /data",code="200"} (%d+)'))
  assert.equal(sent, counted, log)
end)
