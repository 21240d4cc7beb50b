-- real_k6.lua: finds and runs k6, for specs that compare with it.
--
-- Debian has no package of k6. Where a Go toolchain that is new enough reaches its
-- module proxy, k6 is installed once, into a cache outside the tree.
local support = require "support"

local M = {}

local VERSION = "v1.8.1"
local CACHE = (os.getenv("XDG_CACHE_HOME") or os.getenv("HOME") .. "/.cache")
  .. "/perilune/k6-" .. VERSION

--- Returns the path of k6, or nil and the reason.
function M.find()
  local k6 = CACHE .. "/k6"
  if support.exists(k6) then return k6 end
  local code, out = support.run "go env GOVERSION"
  local minor = tonumber(out:match("^go1%.(%d+)"))
  if code ~= 0 or not minor then return nil, "there is no go to install it" end
  if minor < 24 then return nil, "go is too old to build it: " .. out end
  -- A proxy that does not answer must not hold up the tests.
  local module = "go.k6.io/k6@" .. VERSION
  code = support.run("timeout 30 go list -m " .. module .. " >/dev/null")
  if code ~= 0 then return nil, "no module proxy has it" end
  -- Of two specs that run at the same time, the second waits for the first.
  local folder, errors = support.quote(CACHE), nil
  code, _, errors = support.run(("mkdir -p %s && GOBIN=%s timeout 1200 flock %s go install %s")
    :format(folder, folder, folder, module))
  if code ~= 0 then return nil, "it does not build: " .. errors end
  return k6
end

--- Runs a script. Returns the exit code, the text of its --summary-export and
-- what it printed. `environment` stands before the command, `arguments` behind.
function M.run(k6, script, environment, arguments)
  local file = os.tmpname()
  local code, out, err = support.run(
    ("K6_NO_USAGE_REPORT=true %s timeout 600 %s run --quiet --no-color "
      .. "--summary-export %s %s %s"):format(environment, support.quote(k6), file,
      arguments or "", support.quote(script)))
  local summary = support.read_file(file)
  os.remove(file)
  return code, summary, out .. err
end

--- Returns a number of a metric in a --summary-export of k6 or of Perilune. The
-- groups of a summary have checks of their own, which are passed over.
function M.number(summary, metric, field)
  local totals = summary:match '"metrics":.*'
  return tonumber(totals:match('"' .. metric .. '":%s*{[^}]-"' .. field:gsub("%p", "%%%0")
    .. '":%s*([-%d.e+]+)'))
end

return M
