-- load_ramp_spec.lua: the times at which the virtual users of ramping-vus join and
-- leave.
local support = require "support"

-- The virtual users of the scenario `watch`, one on each thread, run every 10 ms all
-- the time: the longest gap between two iterations of one of them is the longest
-- time for which a busy machine has held up the threads.
local SCRIPT = [[
local t, clock = require "loadtest", require "clock"
local function run()
  io.write(("%s %d %.6f\n"):format(t.scenario, t.vu, clock.mono()))
  t.sleep(0.01)
end
io.write(("loaded 0 %.6f\n"):format(clock.mono()))
return {
  options = { scenarios = {
    only = { executor = "ramping-vus", startVUs = 0, stages = { { "1s", 10 }, { "500ms", 10 },
      { "1s", 0 } } },
    watch = { executor = "constant-vus", vus = 2, duration = "2600ms" },
  } },
  default = run,
}
]]

local folder

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/script.lua", SCRIPT)
end)

teardown(function() support.remove_folder(folder) end)

it("virtual users join and leave when the line comes to them", function()
  local code, out = support.command(("load -q -t 2 %s/script.lua"):format(folder))
  assert.equal(0, code)
  local loaded, started, gap = 0, math.huge, 0
  local first, last, watched = {}, {}, {}
  for name, vu, at in out:gmatch "(%l+) (%d+) ([%d.]+)\n" do
    at = tonumber(at)
    if name == "loaded" then
      loaded = math.max(loaded, at)
    elseif name == "watch" then
      gap = math.max(gap, at - (watched[vu] or at))
      watched[vu], started = at, math.min(started, at)
    else
      first[vu], last[vu] = math.min(first[vu] or at, at), math.max(last[vu] or at, at)
    end
  end
  local joins, leaves = {}, {}
  for vu in pairs(first) do
    joins[#joins + 1], leaves[#leaves + 1] = first[vu], last[vu]
  end
  assert.equal(10, #joins)
  table.sort(joins)
  table.sort(leaves)
  -- The k-th joins k * 0.1 s after the begin, and the k-th leaves k * 0.1 s after the
  -- end of the top, which is at 1.5 s. The line is looked at every 20 ms, and the
  -- last iteration of each begins up to 10 ms before it leaves. The test began between
  -- the last load of the script and the first iteration.
  local tolerance = 0.02 + 0.01 + gap + (started - loaded)
  for k = 1, 10 do
    assert.near(0.1 * k, joins[k] - started, tolerance)
    assert.near(1.5 + 0.1 * k, leaves[k] - started, tolerance)
  end
  assert.truthy(out:find("vus%.+: %d+ +min=%d+ max=%d+"))
end)
