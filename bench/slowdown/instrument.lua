-- instrument.lua: loads a program with a probe at the begin of each function. A probe
-- is a call of a C function on the function's first line, so names and lines stay.
local burn = require "burn"

local M = {}

--- Returns the program's `run`, and its probes: { line, i, name }.
function M.load(path)
  local probes, out, n = {}, {}, 0
  for line in io.lines(path) do
    n = n + 1
    if not line:find "^%s*%-%-" then
      line = line:gsub("(function([%s%w_.:]*)%b())", function(head, name)
        local i = #probes + 1
        _G["PROBE_" .. i] = burn.probe(i)
        probes[i] = { line = n, i = i, name = name:match "%S+" or "(anonymous)" }
        return ("%s PROBE_%d() "):format(head, i)
      end, 1)
    end
    out[n] = line
  end
  return assert(load(table.concat(out, "\n"), "@" .. path))(), probes
end

return M
