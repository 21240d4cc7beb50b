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
--
-- The latter are the rounds of the burns by the CPU time that a round takes. It is
-- measured with the thread's clock before each slot, for 2 % of the time.
local burn = require "burn"
local clock = require "clock"
local instrument = require "instrument"
local profile = require "profile"

local now = clock.thread
local path, seconds, plan_path = arg[1], tonumber(arg[2]), arg[3]
local LEVELS = { 0.1, 0.5, 1 }
local SLOT_S = 0.1     -- CPU time between two changes of the plan
local BURN_S = 50e-6   -- the shortest burn

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

-- What all measurements of rounds have taken.
local measured = { rounds = 0, seconds = 0 }
local function measure_rounds()
  local ROUNDS = 1500000
  measured.seconds = measured.seconds + burn.spend(ROUNDS)
  measured.rounds = measured.rounds + ROUNDS
end

--- Sets a probe to burn so many seconds in so many calls.
local function set(i, burn_s, calls)
  local per_second = measured.rounds / measured.seconds
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
  local times = math.max(1, math.ceil(SLOT_S / run_s))
  local cpu, burnt = {}, {}
  while now() < stop do
    shuffle(plan)
    for _, slot in ipairs(plan) do
      measure_rounds()
      local before = slot.i and burn.read(slot.i) or 0
      if slot.i then set(slot.i, slot.burn_s, slot.calls) end
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
  local round_s = measured.seconds / measured.rounds
  for label, time in pairs(cpu) do
    print(("slot\t%s\t%f\t%f"):format(label, time, (burnt[label] or 0) * round_s))
  end
end

if plan_path then run_plan() else run_base() end
