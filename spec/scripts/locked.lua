-- locked.lua: work of known parts that repeats at a fixed distance.
--
--   loop MS SECONDS    repeats after each MS milliseconds of the thread's CPU time
--   burst MS SECONDS   begins anew each 10 ms, works for MS and sleeps for the rest
--
-- Stops after SECONDS of the thread's CPU time. Each part of the work lasts until
-- the thread's CPU clock reaches the end of the part, so the shares are known:
-- 20 % part_a, 30 % part_b, 50 % part_c. Prints the CPU seconds of each, and
-- `total`.
local clock = require "clock"
local now = clock.thread

local kind, length, seconds = ...
length, seconds = tonumber(length) / 1e3, tonumber(seconds)

local function part_a(stop) while now() < stop do end end
local function part_b(stop) while now() < stop do end end
local function part_c(stop) while now() < stop do end end

local a, b, c = 0, 0, 0

--- Works from the CPU time `start` on. Returns the CPU time at the end.
local function work(start)
  local begin = now()
  part_a(start + 0.2 * length)
  local after_a = now()
  part_b(start + 0.5 * length)
  local after_b = now()
  part_c(start + length)
  local stop = now()
  a, b, c = a + after_a - begin, b + after_b - after_a, c + stop - after_b
  return stop
end

local begin = now()
if kind == "loop" then
  for i = 0, math.ceil(seconds / length) - 1 do work(begin + i * length) end
else
  local sleeps = require "sleeps"
  local turn = clock.mono()
  while now() - begin < seconds do
    turn = math.max(turn + 0.01, clock.mono())
    sleeps.sleep_until(turn)
    work(now())
  end
end
print(("%.9f\t%.9f\t%.9f\t%.9f"):format(a, b, c, now() - begin))
