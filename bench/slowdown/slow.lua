-- slow.lua PROGRAM SECONDS [PLAN]: runs a program with probes for so much CPU time, and
-- prints what its functions were slowed down by.
--
-- Without a plan no probe burns. Printed are:
--
--   run<tab>CPU seconds of run(1)
--   function<tab>LINE<tab>NAME<tab>calls in run(1)
--
-- The plan has a line `LINE SECONDS CALLS` for each function that is to be slowed down:
-- CPU seconds and calls in run(1). Each function is slowed down by each level in turn,
-- in random order and with runs between in which no probe burns. The label `slow` of a
-- sample is `base` or LINE:LEVEL. Printed are:
--
--   slot<tab>LABEL<tab>CPU seconds<tab>of these, seconds that the probe has burnt
local burn = require "burn"
local clock = require "clock"
local instrument = require "instrument"
local profile = require "profile"

local now = clock.thread
local path, seconds, plan_path = arg[1], tonumber(arg[2]), arg[3]
local LEVELS = { 0.1, 0.5, 1 }
local SLOT_S = 0.1     -- CPU time between two changes of the plan
local BURN_S = 200e-6  -- the shortest burn: a reading of the clock is 0.2 % of it

local stop = now() + seconds
local run, probes = instrument.load(path)

--- Runs the program until the time is over, and returns the CPU time of run(1).
local function run_base()
  local begin, times = now(), 0
  while now() < stop do
    run(1)
    times = times + 1
  end
  print("run\t" .. (now() - begin) / times)
  for _, probe in ipairs(probes) do
    local _, calls = burn.read(probe.i)
    print(("function\t%d\t%s\t%f"):format(probe.line, probe.name, calls / times))
  end
end

local function rounds_per_second()
  local ROUNDS = 3000000
  return ROUNDS / burn.spend(ROUNDS)
end

--- Sets a probe to burn so many seconds in so many calls.
local function set(i, burn_s, calls, per_second)
  local each = burn_s / calls
  local every = math.max(1, math.ceil(BURN_S / each))
  burn.set(i, every, math.max(1, math.floor(each * every * per_second)))
end

local function read_plan()
  local by_line, plan, run_s = {}, {}, nil
  for _, probe in ipairs(probes) do by_line[probe.line] = probe end
  for line in io.lines(plan_path) do
    local number, self_s, calls, all_s = line:match "^(%S+) (%S+) (%S+) (%S+)$"
    run_s = tonumber(all_s)
    for _, level in ipairs(LEVELS) do
      plan[#plan + 1] = { i = by_line[tonumber(number)].i, calls = tonumber(calls),
        burn_s = level * tonumber(self_s), label = number .. ":" .. level }
    end
  end
  -- As many runs without a burn as functions: all are compared with these.
  for _ = 1, #plan / #LEVELS do plan[#plan + 1] = { label = "base" } end
  return plan, run_s
end

local function shuffle(list)
  for i = #list, 2, -1 do
    local k = math.random(i)
    list[i], list[k] = list[k], list[i]
  end
end

local function run_plan()
  local plan, run_s = read_plan()
  local times, per_second = math.max(1, math.ceil(SLOT_S / run_s)), rounds_per_second()
  local cpu, burnt = {}, {}
  while now() < stop do
    shuffle(plan)
    for _, slot in ipairs(plan) do
      local before = slot.i and burn.read(slot.i) or 0
      if slot.i then set(slot.i, slot.burn_s, slot.calls, per_second) end
      profile.with({ slow = slot.label }, function()
        local begin = now()
        run(times)
        cpu[slot.label] = (cpu[slot.label] or 0) + now() - begin
      end)
      if slot.i then
        burn.set(slot.i, 0, 0)
        burnt[slot.label] = (burnt[slot.label] or 0) + burn.read(slot.i) - before
      end
    end
  end
  for label, time in pairs(cpu) do
    print(("slot\t%s\t%f\t%f"):format(label, time, burnt[label] or 0))
  end
end

if plan_path then run_plan() else run_base() end
