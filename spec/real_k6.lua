-- real_k6.lua: k6, for specs that compare with it.
--
-- k6 is no Debian package: where a Go toolchain that is new enough reaches its
-- module proxy, it is installed into a cache outside the tree, once.
local support = require "support"

local M = {}

local VERSION = "v1.8.1"
local CACHE = (os.getenv("XDG_CACHE_HOME") or os.getenv("HOME") .. "/.cache")
  .. "/perilune/k6-" .. VERSION

--- The path of k6, or nil and why there is none.
function M.find()
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

--- Run a script: exit code, the text of its --summary-export, what it printed.
-- `environment` is put before the command, `arguments` behind it.
function M.run(k6, script, environment, arguments)
  local file = os.tmpname()
  local code, out, err = support.run(
    ("K6_NO_USAGE_REPORT=true %s timeout 120 %s run --quiet --no-color "
      .. "--summary-export %s %s %s"):format(environment, support.quote(k6), file,
      arguments or "", support.quote(script)))
  local summary = support.read_file(file)
  os.remove(file)
  return code, summary, out .. err
end

--- A number of a metric in a --summary-export, k6's or ours; groups have
-- checks, too, each of its own, before or behind the metrics.
function M.number(summary, metric, field)
  local totals = summary:match '"metrics":.*'
  return tonumber(totals:match('"' .. metric .. '":%s*{[^}]-"' .. field:gsub("%p", "%%%0")
    .. '":%s*([-%d.e+]+)'))
end

return M
