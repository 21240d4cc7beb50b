-- interval_spec.lua: the intervals of the shares of a CPU profile hold the true
-- share as often as they say, and top and the report show them.
local sampling = require "sampling"
local support = require "support"

package.path = support.source .. "/exporters/?.lua;" .. package.path
local interval = require "lib.interval"
local text = require "report.text"

--- Returns a profile of stacks, each { count, weight }, as exporters see one.
local function profile_of(stacks, period)
  return {
    header = function()
      return { period_type = { type = period or "cpu", unit = "nanoseconds" },
        sample_types = { { type = "samples" }, { type = "cpu" } } }
    end,
    counts = function() return #stacks end,
    sample = function(_, i) return {}, stacks[i], {} end,
  }
end

describe("the number of equal samples", function()
  it("is the number of the samples if they are equal", function()
    local equal = profile_of { { 3, 300 }, { 7, 700 }, { 0, 0 }, { 90, 9000 } }
    assert.is_near(100, interval.samples(equal, 2), 1e-9)
    assert.is_near(100, interval.samples(equal, 1), 1e-9)
  end)

  it("is smaller if they are not", function()
    -- (1000 + 100)^2 / (1000^2 / 1 + 100^2 / 100)
    local unequal = profile_of { { 1, 1000 }, { 100, 100 } }
    assert.is_near(1100 ^ 2 / (1000 ^ 2 + 100), interval.samples(unequal, 2), 1e-9)
    assert.is_near(101, interval.samples(unequal, 1), 1e-9)
  end)

  it("is not known of other profiles, nor of none and of differences", function()
    assert.is_nil(interval.samples(profile_of({ { 5, 50 } }, "wall"), 2))
    assert.is_nil(interval.samples(profile_of({ { 5, 50 } }, "space"), 2))
    assert.is_nil(interval.samples(profile_of {}, 2))
    assert.is_nil(interval.samples(profile_of { { 0, 0 } }, 2))
    assert.is_nil(interval.samples(profile_of { { 5, 50 }, { -1, 50 } }, 2))
    assert.is_nil(interval.samples(profile_of { { 5, 50 }, { 1, -50 } }, 2))
  end)
end)

describe("an interval", function()
  --- Returns how many of 1,000 simulated profiles of n samples have an interval that
  -- holds the share p. `weigh` returns the weight of a sample.
  local function coverage(p, n, weigh)
    local held = 0
    for _ = 1, 1000 do
      -- A stack per sample: then the profile has all weights.
      local stacks, part, sum = {}, 0, 0
      for i = 1, n do
        local weight = weigh()
        stacks[i], sum = { 1, weight }, sum + weight
        if math.random() < p then part = part + weight end
      end
      local share = part / sum
      local half = interval.half_width(share, interval.samples(profile_of(stacks), 2))
      if math.abs(share - p) <= half then held = held + 1 end
    end
    return held / 1000
  end

  -- The standard error of 0.95 in 1,000 is 0.007. The tolerance is five of them, and
  -- 0.01 for a count that is whole and a distribution that is not quite normal.
  for name, weigh in pairs {
    equal = function() return 1 end,
    exponential = function() return -math.log(1 - math.random()) end,
  } do
    it("holds the true share in 95 of 100 profiles, weights: " .. name, function()
      math.randomseed(7)
      for _, p in ipairs { 0.1, 0.5 } do
        assert.is_near(0.95, coverage(p, 200, weigh), 0.045)
      end
    end)
  end

  it("of nothing and of all is nothing", function()
    assert.equal(0, interval.half_width(0, 100))
    assert.equal(0, interval.half_width(1, 100))
    assert.is_near(0.098, interval.half_width(0.5, 100), 1e-9)
  end)

  it("stands behind the share in the report", function()
    assert.equal("50 % ± 9.80", text.percent_within(0.5, 100))
    assert.equal("50 %", text.percent_within(0.5, nil))
  end)
end)

describe("perilune convert --to top", function()
  local folder
  setup(function() folder = support.new_folder() end)
  teardown(function() support.remove_folder(folder) end)

  it("shows the intervals of a CPU profile, and none of a heap profile", function()
    local script, cpu, heap = folder .. "/s.lua", folder .. "/cpu", folder .. "/heap"
    support.write_file(script, [[
      local start, list = os.clock(), {}
      while os.clock() - start < 0.5 do list[#list % 1000 + 1] = ("%d"):rep(100) end]])
    assert.equal(0, (support.command(("run --rate 1000 --cpu %s --heap %s %s"):format(cpu,
      heap, script))))
    local squares, sum = 0, 0
    for _, sample in ipairs(sampling.read(cpu).samples) do
      local count, weight = sample.values.samples, sample.values.cpu
      sum, squares = sum + weight, squares + weight ^ 2 / count
    end
    local n = sum ^ 2 / squares
    local _, top = support.command("convert --to top " .. cpu)
    assert.truthy(top:find(("in all, as of %.0f equal samples;"):format(n), 1, true), top)
    local n_rows = 0
    for flat, half, cum, cum_half in
      top:gmatch "([%d.]+)%% ±([%d.]+) +%S+ +([%d.]+)%% ±([%d.]+)" do
      n_rows = n_rows + 1
      for share, points in pairs { [flat] = half, [cum] = cum_half } do
        local p = share / 100
        assert.is_near(196 * math.sqrt(p * (1 - p) / n), tonumber(points), 0.1)
      end
    end
    assert.is_true(n_rows > 3, top)
    _, top = support.command("convert --to top " .. heap)
    assert.is_nil(top:find("±", 1, true))
    assert.truthy(top:find "%d%%", top)
  end)
end)
