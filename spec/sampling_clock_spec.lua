-- sampling_clock_spec.lua: samples come at random instants, so that the work of a
-- program that repeats at any distance, or comes in short bursts, is seen with its
-- true shares (scripts/locked.lua).
--
-- Tolerance of a share p: 3 points, and 2.6 standard errors of a share that n
-- samples estimate, sqrt(p (1 - p) / n). Of the total: 1 %. A timer on the kernel's
-- ticks gave errors of 7 to 80 points in loops, and 20 to 50 in bursts.
-- Needs: cores
local sampling = require "sampling"
local support = require "support"

local MARGIN, TOTAL_MARGIN = 0.03, 0.01
local SAMPLES, RUNS = 200, 30

local folder

setup(function()
  folder = support.new_folder()
  local code, _, err = support.run(
    ("cc -shared -fPIC -O1 -I/usr/include/lua5.4 -o %s/sleeps.so %s/spec/scripts/sleeps.c")
    :format(folder, support.source))
  assert(code == 0, err)
end)
teardown(function() support.remove_folder(folder) end)

--- Profiles runs of the script until there are enough samples. Returns the profile,
-- and the seconds of parts a, b and c and of the whole.
local function profile_of(arguments, rate)
  local truth = { 0, 0, 0, 0 }
  local profile = sampling.gather(SAMPLES, RUNS, function(i)
    local file = ("%s/%s-%d.pb.gz"):format(folder, arguments:gsub("%W", "-"), i)
    local code, out, err = support.run(
      ("LUA_CPATH='%s/?.so' %s run --rate %d --cpu %s %s/spec/scripts/locked.lua %s")
      :format(folder, support.perilune, rate, file, support.source, arguments))
    assert(code == 0, err)
    local i_part = 0
    for number in out:gmatch "[%d.]+" do
      i_part = i_part + 1
      truth[i_part] = truth[i_part] + tonumber(number)
    end
    return sampling.read(file)
  end)
  return profile, truth
end

local function check(arguments, rate)
  local profile, truth = profile_of(arguments, rate)
  local n, wrong = profile:sum "samples", {}
  for i, name in ipairs { "locked.part_a", "locked.part_b", "locked.part_c" } do
    local share, found = truth[i] / truth[4], profile:share("cpu", name)
    print(("%-16s %-14s truth %5.2f %%  found %5.2f %%  %+.2f points, %d samples")
      :format(arguments, name, share * 100, found * 100, (found - share) * 100, n))
    if math.abs(found - share) > MARGIN + 2.6 * math.sqrt(share * (1 - share) / n) then
      wrong[#wrong + 1] = name
    end
  end
  local off = profile:sum("cpu", "main@locked.lua") / 1e9 / truth[4] - 1
  print(("%-16s total off by %+.2f %%"):format(arguments, off * 100))
  assert.are.same({}, wrong)
  assert.is_true(math.abs(off) <= TOTAL_MARGIN, "off by " .. off)
end

local function check_loops(lengths)
  for _, ms in ipairs(lengths) do
    it(ms .. " ms of CPU time", function() check(("loop %g 0.5"):format(ms), 2000) end)
  end
end

local function check_bursts()
  it("0.2 ms", function() check("burst 0.2 0.06", 4000) end)
  it("2 ms", function() check("burst 2 0.2", 4000) end)
end

describe("the parts of a loop have their shares when it repeats after", function()
  check_loops { 1, 2, 4, 8, 10 }
end)

describe("the parts of bursts that come 100 times a second have their shares when they last",
  check_bursts)

describe("beside three processes that spin,", function()
  local spinners = {}

  setup(function()
    for i = 1, 3 do
      spinners[i] = support.start { "sh", "-c", "while :; do :; done" }
    end
  end)
  teardown(function()
    for _, spinner in ipairs(spinners) do spinner:stop() end
  end)

  describe("so have those of a loop of", function() check_loops { 4, 10 } end)
  describe("so have those of bursts of", check_bursts)
end)
