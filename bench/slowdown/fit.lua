-- fit.lua FOLDER PROGRAM...: compares what the profiles say with what the probes have
-- burnt, and prints the slope of the line through 0.
--
-- Of each function f and level: x is the CPU time that f's probe has burnt, and y what
-- the profile has for f more than it has without burning, T_f' - T_f * O' / O. O is the
-- time of all other functions, whose work is the same: O' / O takes account of how fast
-- the machine was. Both are shares of the CPU time of the runs in which f was slow.
local stacks = require "stacks"
local folder = arg[1]

local RESAMPLES = 2000
local LIMIT = 0.02

--- Returns for each label the CPU seconds by function.
local function read_profile(path, program)
  local by_label = {}
  stacks.each(path, function(count, value, frames, labels)
    local label, line = labels.slow, stacks.owner(frames, program)
    if not label or not line then return end
    local sums = by_label[label] or { n = 0, all = 0 }
    by_label[label] = sums
    sums.n, sums.all = sums.n + count, sums.all + value / 1e9
    sums[line] = (sums[line] or 0) + value / 1e9
  end)
  return by_label
end

--- Adds the points of a program: clusters of { x, y, level, n }, one a function.
local function add_points(program, clusters)
  local sums = read_profile(("%s/%s.slow.stacks"):format(folder, program), program)
  local base, by_function = sums.base, {}
  for text in io.lines(("%s/%s.slow.truth"):format(folder, program)) do
    local label, cpu, burnt = text:match "^slot\t(%S+)\t(%S+)\t(%S+)$"
    local line, level = label:match "^(%d+):(.*)$"
    local slow = sums[label]
    if line and slow and base then
      line = tonumber(line)
      local f, f_base = slow[line] or 0, base[line] or 0
      local added = f - f_base * (slow.all - f) / (base.all - f_base)
      local cluster = by_function[line] or { program = program, line = line }
      by_function[line] = cluster
      cluster[#cluster + 1] = { x = tonumber(burnt) / tonumber(cpu), y = added / tonumber(cpu),
        level = tonumber(level), n = slow.n }
    end
  end
  for _, cluster in pairs(by_function) do clusters[#clusters + 1] = cluster end
end

--- Returns the slope over the points of the clusters, all or those of a level.
local function slope(clusters, level)
  local xy, xx = 0, 0
  for _, cluster in ipairs(clusters) do
    for _, point in ipairs(cluster) do
      if not level or point.level == level then
        xy, xx = xy + point.x * point.y, xx + point.x * point.x
      end
    end
  end
  return xy / xx
end

--- Returns the interval in which 95 % of the slopes lie when functions are drawn anew.
local function interval(clusters, level)
  local slopes = {}
  for i = 1, RESAMPLES do
    local drawn = {}
    for k = 1, #clusters do drawn[k] = clusters[math.random(#clusters)] end
    slopes[i] = slope(drawn, level)
  end
  table.sort(slopes)
  return slopes[RESAMPLES * 25 // 1000], slopes[RESAMPLES * 975 // 1000]
end

local clusters, samples = {}, 0
for i = 2, #arg do
  local first = #clusters + 1
  add_points(arg[i], clusters)
  local own = table.move(clusters, first, #clusters, 1, {})
  for _, cluster in ipairs(own) do
    for _, point in ipairs(cluster) do samples = samples + point.n end
  end
  print(("%-14s %2d functions   slope %6.3f"):format(arg[i], #own,
    #own > 0 and slope(own) or 0))
end
for _, level in ipairs { 0.1, 0.5, 1 } do
  print(("slowed by %3d %%              slope %6.3f   %.3f to %.3f"):format(level * 100,
    slope(clusters, level), interval(clusters, level)))
end
local all = slope(clusters)
print(("all: %d functions, %d samples   slope %.3f   95 %% interval %.3f to %.3f")
  :format(#clusters, samples, all, interval(clusters)))
os.exit(math.abs(all - 1) <= LIMIT)
