-- locked_loops.lua: loops that take a simple share of a clock's tick, so that a timer
-- which keeps step with them would always meet the same places. Functions with 10,
-- 20, 30 and 40 % follow each other, each until its time by the CPU clock.
--
-- Margin: 3 points
local case = require "case"
local now = case.now

-- A loop of so many milliseconds has a chunk of its own, and a line for each part.
local TEXT = [[
local wait_until, begin, ms = ... begin()
wait_until(0.1 * ms)
wait_until(0.3 * ms)
wait_until(0.6 * ms)
wait_until(1.0 * ms)
]]

local start
local function begin() start = now() end
local function wait_until(ms)
  local stop = start + ms / 1000
  while now() < stop do case.spin(1000) end
end

local LENGTHS = { 1, 2, 4, 8, 10 }
for i, ms in ipairs(LENGTHS) do
  local file = ("locked_%dms.lua"):format(ms)
  local cycle = assert(load(TEXT, "=" .. file))
  local function run()
    cycle(wait_until, begin, ms)
  end
  case.part("", run, { ["line " .. file .. ":2"] = 0.1, ["line " .. file .. ":3"] = 0.2,
    ["line " .. file .. ":4"] = 0.3, ["line " .. file .. ":5"] = 0.4 })
  case.run_parts(i / #LENGTHS)
end
case.run()
