-- load_ramp_spec.lua: when the virtual users of ramping-vus join and leave.
-- Needs: timing
local support = require "support"

local SCRIPT = [[
local t, clock = require "loadtest", require "clock"
return {
  options = { scenarios = { only = { executor = "ramping-vus", startVUs = 0,
    stages = { { "1s", 10 }, { "1s", 0 } } } } },
  default = function()
    io.write(("%d %.6f\n"):format(t.vu, clock.mono()))
    t.sleep(0.01)
  end,
}
]]

local folder

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/script.lua", SCRIPT)
end)

teardown(function() support.remove_folder(folder) end)

-- The first joins after 0.1 s, the k-th after k times that; the k-th leaves
-- 0.1 s times (11 - k) after the top. The line is looked at every 20 ms.
it("virtual users join and leave when the line comes to them", support.timed(function()
  local code, out = support.command(("load -q -t 2 %s/script.lua"):format(folder))
  assert.equal(0, code)
  local first, last, begin = {}, {}, math.huge
  for vu, at in out:gmatch "(%d+) ([%d.]+)\n" do
    vu, at = tonumber(vu), tonumber(at)
    first[vu], last[vu] = first[vu] or at, at
    begin = math.min(begin, at)
  end
  assert.equal(10, #first)
  for vu = 1, 10 do
    assert.near(0.1 * (vu - 1), first[vu] - begin, 0.09)
    assert.near(1.9 - 0.1 * (vu - 1), last[vu] - begin, 0.09)
  end
  assert.truthy(out:find("vus%.+: %d+ +min=%d+ max=%d+"))
end, 3))
