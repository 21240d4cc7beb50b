-- cpu_truth_spec.lua: the CPU profile against a script that knows its own
-- split (scripts/truth.lua). Tolerance: 2 points, and 2.6 standard deviations
-- of a share p seen in n samples, sqrt(p (1 - p) / n): 1 % of honest results
-- lie further out than those alone.
-- Needs: core
local support = require "support"

local SECONDS = 45 -- 250 samples a second at the kernel's tick: over 10,000
local MARGIN = 0.02
local SMALLEST = 0.02 -- shares below are not looked at

local folder, truth, ratios, profile

--- What the script printed: seconds by name, and ratios.
local function read_truth(text)
  local seconds, pairs_of = {}, {}
  for line in text:gmatch("[^\n]+") do
    local a, b, share = line:match("^ratio\t(%S+)\t(%S+)\t(%S+)$")
    if a then
      pairs_of[#pairs_of + 1] = { a, b, tonumber(share) }
    else
      local name, value = line:match("^(%S+)\t(%S+)$")
      seconds[name] = tonumber(value)
    end
  end
  return seconds, pairs_of
end

--- Sums of a folded profile: the total, and per name what it and what it
-- calls has (cumulative, once per stack).
local function read_folded(text)
  local total, cumulative = 0, {}
  for stack, value in text:gmatch("([^\n]*) (%d+)\n") do
    local seen = {}
    total = total + value
    for name in stack:gmatch("[^;]+") do
      if not seen[name] then
        seen[name] = true
        cumulative[name] = (cumulative[name] or 0) + value
      end
    end
  end
  return total, cumulative
end

local function tolerance(share, n)
  return MARGIN + 2.6 * math.sqrt(share * (1 - share) / n)
end

setup(function()
  folder = support.new_folder()
  local file = folder .. "/cpu.pb.gz"
  local code, out, err = support.command(("run --rate 1000 --cpu %s %s %d")
    :format(file, support.source .. "/spec/scripts/truth.lua", SECONDS))
  assert(code == 0, err)
  truth, ratios = read_truth(out)

  local _, counts = support.command("convert --to folded --sample-index " ..
    "samples " .. file)
  local _, times = support.command("convert --to folded " .. file)
  profile = { n = read_folded(counts) }
  profile.total, profile.cumulative = read_folded(times)
end)

teardown(function() support.remove_folder(folder) end)

describe("a CPU profile", function()
  it("has enough distinct samples", function()
    assert.is_true(profile.n >= 10000, profile.n .. " samples")
  end)

  it("has the CPU time that the thread's clock tells, within 1 %", function()
    local off = profile.total / 1e9 / truth.total - 1
    print(("total CPU: off by %.3f %%"):format(off * 100))
    assert.is_true(math.abs(off) <= 0.01, "off by " .. off)
  end)

  it("gives each function its share", function()
    local names = {}
    for name, seconds in pairs(truth) do
      if name ~= "total" and seconds / truth.total >= SMALLEST then
        names[#names + 1] = name
      end
    end
    assert.is_true(#names >= 15, "only " .. #names .. " functions to compare")
    table.sort(names, function(a, b) return truth[a] > truth[b] end)
    local wrong = {}
    for _, name in ipairs(names) do
      local share = truth[name] / truth.total
      local found = (profile.cumulative[name] or 0) / profile.total
      print(("%-30s truth %6.2f %%  found %6.2f %%  %+.2f points")
        :format(name, share * 100, found * 100, (found - share) * 100))
      if math.abs(found - share) > tolerance(share, profile.n) then
        wrong[#wrong + 1] = name
      end
    end
    assert.are.same({}, wrong)
  end)

  it("tells tiny functions and tail-called ones apart", function()
    for _, ratio in ipairs(ratios) do
      local a, b, expected = table.unpack(ratio)
      local x = profile.cumulative[a] or 0
      local y = profile.cumulative[b] or 0
      local both = (x + y) / profile.total
      assert.is_true(both > 0.005, a .. " and " .. b .. " are hardly there")
      -- As shares of the whole: points are points of the profile.
      local found, share = x / profile.total, expected * both
      assert.is_true(math.abs(found - share) <= tolerance(share, profile.n),
        ("%s: %.2f of %s and %s"):format(a, x / (x + y), a, b))
    end
  end)

  it("knows the C functions by their Lua names", function()
    for _, name in ipairs { "string.find", "string.rep", "string.format",
      "table.sort", "string.gsub", "pcall" } do
      assert.is_truthy(profile.cumulative[name], name)
    end
  end)
end)
