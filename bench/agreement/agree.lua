-- agree.lua FOLDER PROGRAM FILE NAME...: compares the profiles of a program that have
-- these names, FOLDER/PROGRAM.NAME.stacks, with each other. Appends the number of
-- functions on which two of them differ to FILE. A profile `hook` is only compared for
-- its column.
local stacks = require "stacks"
local folder, program, result_file = arg[1], arg[2], arg[3]

local SMALLEST, MARGIN, DEVIATIONS = 0.02, 0.01, 2.6

local function read(name)
  local path = ("%s/%s.%s.stacks"):format(folder, program, name)
  local profile = { name = name, n = 0, total = 0, sums = {} }
  stacks.each(path, function(count, value, frames)
    local line = stacks.owner(frames, program)
    if not line then return end
    profile.n, profile.total = profile.n + count, profile.total + value
    profile.sums[line] = (profile.sums[line] or 0) + value
  end)
  assert(profile.total > 0, path .. " has no samples of the program")
  return profile
end

local function share(profile, line) return (profile.sums[line] or 0) / profile.total end

local function variance(profile, line)
  local p = share(profile, line)
  return p * (1 - p) / profile.n
end

--- Returns the function on which two profiles differ most, and the number of functions
-- on which they differ more than noise does.
local function compare(a, b)
  local worst, outside = { difference = 0, allowed = MARGIN, line = 0 }, 0
  for line in pairs(a.sums) do
    if math.max(share(a, line), share(b, line)) >= SMALLEST then
      local row = { a = a, b = b, line = line, difference = math.abs(share(a, line) - share(b, line)) }
      row.allowed = MARGIN + DEVIATIONS * math.sqrt(variance(a, line) + variance(b, line))
      if row.difference > row.allowed then outside = outside + 1 end
      if row.difference > worst.difference then worst = row end
    end
  end
  return worst, outside
end

local profiles, hook = {}, nil
for i = 4, #arg do
  local profile = read(arg[i])
  if arg[i] == "hook" then hook = profile else profiles[#profiles + 1] = profile end
end

local worst, outside, by_hook = { difference = -1 }, 0, 0
for i, a in ipairs(profiles) do
  for k = i + 1, #profiles do
    local row, count = compare(a, profiles[k])
    outside = outside + count
    if row.difference > worst.difference then worst = row end
  end
  if hook then by_hook = math.max(by_hook, compare(a, hook).difference) end
end

local numbers = {}
for i, profile in ipairs(profiles) do numbers[i] = profile.n end
print(("%-14s %-26s %-28s %6.2f  %5.2f %-4s %6.1f"):format(program, table.concat(numbers, " "),
  worst.a and ("line %d, %s and %s"):format(worst.line, worst.a.name, worst.b.name) or "",
  worst.difference * 100, (worst.allowed or MARGIN) * 100, outside > 0 and outside .. " !" or "",
  by_hook * 100))
local file = assert(io.open(result_file, "a"))
file:write(outside, "\n")
file:close()
