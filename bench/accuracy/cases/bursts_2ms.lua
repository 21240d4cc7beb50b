-- bursts_2ms.lua: a thread that works for 2 ms, 100 times a second, and sleeps.
-- Functions with 20, 30 and 50 % follow each other, each until its time.
--
-- Margin: 3 points
-- Samples: 5000
-- Seconds: 2
local burn = require "burn"
local case = require "case"
local now = case.now

local BURST = 2 / 1000

--- Plain Lua until the time.
local function until_time(time)
  while now() < time do case.spin(500) end
end

local function first(start) until_time(start + 0.2 * BURST) end
local function second(start) until_time(start + 0.5 * BURST) end
local function third(start) until_time(start + BURST) end

local function burst()
  local start = now()
  case.timed("first", first, start)
  case.timed("second", second, start)
  case.timed("third", third, start)
  burn.sleep(0.01 - BURST)
end

case.part("", burst)
case.run()
