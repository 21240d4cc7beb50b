-- memory_spec.lua: what the profiler itself keeps in memory.
local support = require "support"

--- Returns the resident memory of a server, in MiB.
local function resident_mib(server)
  local status = support.read_file(("/proc/%d/status"):format(server.pid))
  return tonumber((status:match "VmRSS:%s+(%d+) kB")) / 1024
end

describe("the memory of a server", function()
  -- Before, libdw's tables of symbols and lines stayed: 24 MiB after the first
  -- profile.
  it("is within 8 MiB after a hundred heap profiles", function()
    local server = support.serve { support.source .. "/bench/serve" }
    finally(function() server:stop() end)
    local before = resident_mib(server)
    for _ = 1, 100 do
      assert.equal(200, (support.request(server.url .. "/debug/pprof/heap")))
    end
    local after = resident_mib(server)
    assert.is_true(after - before < 8,
      ("%.1f MiB before, %.1f MiB after"):format(before, after))
  end)
end)
