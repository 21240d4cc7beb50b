-- naps.lua: computes for 3 ms and sleeps three times for 15 ms, in three functions of
-- C, for SECONDS (argument 1). Prints and returns the number of sleeps, and of those
-- that a signal cut short.
local clock = require "clock"
local sleeps = require "sleeps"

local n, n_cut = 0, 0

local function compute(seconds)
  local stop = clock.mono() + seconds
  while clock.mono() < stop do end
end

local function nap(sleep)
  n = n + 1
  if not sleep(0.015) then n_cut = n_cut + 1 end
end

local stop = clock.mono() + tonumber((...))
while clock.mono() < stop do
  compute(0.003)
  nap(sleeps.nanosleep)
  nap(sleeps.poll)
  nap(sleeps.usleep)
end
print(("%d\t%d"):format(n, n_cut))
return n, n_cut
