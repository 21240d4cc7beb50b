-- cpu_truth_spec.lua: the CPU profile against a script that knows its own
-- split (scripts/truth.lua).
--
-- Tolerance: 2 points, and 2.6 standard errors of a share p that n samples
-- estimate, sqrt(p (1 - p) / n). With 5,000 samples these are 1.1 points of the
-- largest share, 10 %, so that the tolerance is 7 standard errors.
-- Needs: core
local sampling = require "sampling"
local support = require "support"

-- The script runs again and again until its profiles have so many samples: on an
-- idle machine three times, at 250 samples a second of CPU time. A busy machine
-- gives fewer samples for the same CPU time.
local SAMPLES, SECONDS, RUNS = 5000, 7, 30
local MARGIN = 0.02
local SMALLEST = 0.02 -- smaller shares are not compared

local folder, profile
local truth, ratios = {}, {} -- seconds by name; { a, b, share of a in both }

--- Adds the seconds that the script printed to `truth`, and notes the ratios,
-- which are the same in each run.
local function read_truth(text)
  ratios = {}
  for line in text:gmatch("[^\n]+") do
    local a, b, share = line:match("^ratio\t(%S+)\t(%S+)\t(%S+)$")
    if a then
      ratios[#ratios + 1] = { a, b, tonumber(share) }
    else
      local name, value = line:match("^(%S+)\t(%S+)$")
      truth[name] = (truth[name] or 0) + tonumber(value)
    end
  end
end

local function tolerance(share)
  return MARGIN + 2.6 * math.sqrt(share * (1 - share) / profile:sum("samples"))
end

--- Returns the share of a function and all that it calls in the profile.
local function share_of(name) return profile:sum("cpu", name) / profile:sum("cpu") end

setup(function()
  folder = support.new_folder()
  profile = sampling.gather(SAMPLES, RUNS, function(i)
    local file = ("%s/cpu-%d.pb.gz"):format(folder, i)
    local code, out, err = support.command(("run --rate 1000 --cpu %s %s %d")
      :format(file, support.source .. "/spec/scripts/truth.lua", SECONDS))
    assert(code == 0, err)
    read_truth(out)
    return sampling.read(file)
  end)
end)

teardown(function() support.remove_folder(folder) end)

describe("a CPU profile", function()
  it("has the CPU time that the thread's clock tells, within 1 %", function()
    local off = profile:sum("cpu") / 1e9 / truth.total - 1
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
      local found = share_of(name)
      print(("%-30s truth %6.2f %%  found %6.2f %%  %+.2f points")
        :format(name, share * 100, found * 100, (found - share) * 100))
      if math.abs(found - share) > tolerance(share) then
        wrong[#wrong + 1] = name
      end
    end
    assert.are.same({}, wrong)
  end)

  it("tells tiny functions and tail-called ones apart", function()
    for _, ratio in ipairs(ratios) do
      local a, b, expected = table.unpack(ratio)
      local x, y = share_of(a), share_of(b)
      local both = x + y
      assert.is_true(both > 0.005, a .. " and " .. b .. " are hardly there")
      -- Both are compared as shares of the whole profile.
      local share = expected * both
      assert.is_true(math.abs(x - share) <= tolerance(share),
        ("%s: %.2f of %s and %s"):format(a, x / both, a, b))
    end
  end)

  it("knows the C functions by their Lua names", function()
    for _, name in ipairs { "string.find", "string.rep", "string.format",
      "table.sort", "string.gsub", "pcall" } do
      assert.is_true(share_of(name) > 0, name)
    end
  end)
end)
