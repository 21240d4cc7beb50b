-- compare.lua FOLDER CASE POINTS FILE: compares the profiles of a case with the truths
-- that its runs have printed, and prints the largest errors.
--
-- FOLDER has the runs of each profiler: PROFILER-N.truth, and PROFILER-N.stacks in
-- the format of exporters/stacks.lua, or for perf the text of `perf script`. POINTS
-- is 0, or the case's own margin. To FILE the number of rows goes that are outside
-- of the rule.
local stacks = require "stacks"
local folder, case, own_margin, result_file = table.unpack(arg)
own_margin = tonumber(own_margin)

local SMALLEST = 0.02 -- smaller shares are not compared
local DEVIATIONS = 2.6
local MARGINS = { ["function"] = 0.01, line = 0.02 }
local TOTAL_MARGIN = 0.01

-- The symbols of C functions, by which perf knows them.
local SYMBOLS = {
  ["burn.call"] = "call", ["burn.spend"] = "spend", ["burn.spend_more"] = "spend_more",
  ["gzip.compress"] = "gzip_compress_lua", ["json.decode"] = "json_decode_lua",
  ["json.encode"] = "json_encode", ["string.find"] = "str_find_aux",
  ["string.gsub"] = "str_gsub", ["string.rep"] = "str_rep", ["table.concat"] = "tconcat",
  ["table.sort"] = "sort",
}

local shown -- the profile of which each row is printed

local function new_truth() return { total = 0, ["function"] = {}, line = {}, ratios = {} } end

--- Adds what a run has printed. The ratios are the same in each run.
local function read_truth(path, truth)
  truth.ratios = {}
  for line in io.lines(path) do
    local kind, name, value = line:match "^(%a+)\t([^\t]+)\t([^\t]+)$"
    if kind then
      truth[kind][name] = (truth[kind][name] or 0) + tonumber(value)
    elseif line:find "^total\t" then
      truth.total = truth.total + tonumber(line:match "\t(.*)")
    else
      local names, shares
      kind, names, shares = line:match "^ratio\t(%a+)\t([^\t]+)\t([^\t]+)$"
      assert(kind, path .. ": " .. line)
      local ratio = { kind = kind }
      for share in shares:gmatch "[^,]+" do ratio[#ratio + 1] = { share = tonumber(share) } end
      local i = 0
      for one in names:gmatch "[^,]+" do
        i = i + 1
        ratio[i].name = one
      end
      truth.ratios[#truth.ratios + 1] = ratio
    end
  end
end

--- What a profile says: samples, value, and the value of each name of a kind.
local function new_profile() return { n = 0, value = 0, reading = 0, ["function"] = {}, line = {} } end

--- Adds a sample. `names` are sets of names by kind.
local function add_sample(profile, count, value, names)
  profile.n, profile.value = profile.n + count, profile.value + value
  for kind, set in pairs(names) do
    for name in pairs(set) do profile[kind][name] = (profile[kind][name] or 0) + value end
  end
end

--- Returns whether the sample is in a reading of the CPU clock.
local function is_reading(frames)
  for i = #frames, math.max(1, #frames - 3), -1 do
    local name = frames[i].name
    if name == "clock.thread" or name:find("clock_gettime", 1, true) then return true end
  end
end

-- Samples at the readings of the clock, which measure the truth, are left out of the
-- shares. On a machine without an idle CPU, Linux preempts a thread that reads its CPU
-- clock there, once its slice is over: so many samples are there that a program without
-- readings would have elsewhere. A case with a margin of its own reads the clock all the
-- time, and the readings belong to its parts.
local function read_stacks(path, profile, short_name)
  stacks.each(path, function(count, value, frames)
    if own_margin == 0 and is_reading(frames) then
      profile.reading = profile.reading + value
      return
    end
    local names = { ["function"] = {}, line = {} }
    for _, frame in ipairs(frames) do
      names["function"][short_name(frame.name)] = true
      names.line[frame.file .. ":" .. frame.line] = true
    end
    add_sample(profile, count, value, names)
  end)
end

local function read_perf(path, profile)
  local period, symbols
  for text in io.lines(path) do
    local header = text:match "^%S.-%s(%d+)%s*$"
    local symbol = text:match "^%s+%x+ ([^ ]+)"
    if header then
      period, symbols = tonumber(header), {}
    elseif symbol then
      symbols[symbol:match "^[^.]+"] = true
    elseif period then
      add_sample(profile, 1, period, { ["function"] = symbols })
      period = nil
    end
  end
end

--- Calls f(name, expected, found, group) for each share of the kind that can be
-- compared. `name_in` returns the name that the profiler has, or nil.
local function each_share(kind, truth, profile, name_in, f)
  local function found(name) return (profile[kind][name_in(name)] or 0) / profile.value end
  for name, seconds in pairs(truth[kind]) do
    local share = seconds / truth.total
    if share >= SMALLEST and name_in(name) then f(name, share, found(name)) end
  end
  for _, ratio in ipairs(truth.ratios) do
    local sum = 0
    for _, part in ipairs(ratio) do
      if ratio.kind ~= kind or not name_in(part.name) then sum = 0 break end
      sum = sum + found(part.name)
    end
    for _, part in ipairs(ratio) do
      if part.share * sum >= SMALLEST then f(part.name, part.share * sum, found(part.name)) end
    end
  end
end

local function noise(share, n) return math.sqrt(share * (1 - share) / n) end

--- Returns the row with the largest error, and how many are outside of the rule.
local function compare(kind, truth, profile, name_in)
  local margin = math.max(MARGINS[kind], own_margin / 100)
  local worst, outside = nil, 0
  each_share(kind, truth, profile, name_in, function(name, expected, found)
    local row = { name = name, expected = expected, found = found, error = found - expected }
    row.allowed = margin + DEVIATIONS * noise(expected, profile.n)
    if math.abs(row.error) > row.allowed then outside = outside + 1 end
    if shown == profile then
      print(("    %-40s %6.2f %+6.2f  %5.2f"):format(name, expected * 100, row.error * 100,
        row.allowed * 100))
    end
    if not worst or math.abs(row.error) > math.abs(worst.error) then worst = row end
  end)
  return worst, outside
end

local function as_is(name) return name end
-- A hook knows no module: `leaf`, not `leaf_calls.leaf`; `add` for `__add`.
local function last_word(name) return name:match "[^.:]*$":gsub("^__", "") .. "" end

local profilers = {
  { name = "perilune", read = function(path, p) read_stacks(path, p, as_is) end,
    name_in = as_is },
  { name = "hook", read = function(path, p) read_stacks(path, p, last_word) end,
    name_in = function(name) return name:find "%.lua:" and name or last_word(name) end },
  { name = "perf", read = read_perf, name_in = function(name) return SYMBOLS[name] end },
}

local function exists(path)
  local file = io.open(path)
  return file and file:close()
end

for _, profiler in ipairs(profilers) do
  profiler.truth, profiler.profile = new_truth(), new_profile()
  local i = 1
  while exists(("%s/%s-%d.truth"):format(folder, profiler.name, i)) do
    local base = ("%s/%s-%d"):format(folder, profiler.name, i)
    read_truth(base .. ".truth", profiler.truth)
    profiler.read(base .. ".stacks", profiler.profile)
    i = i + 1
  end
end

--- Returns the largest error of another profiler as text.
local function other(profiler, kind)
  if profiler.profile.n == 0 then return "" end
  local row = compare(kind, profiler.truth, profiler.profile, profiler.name_in)
  return row and ("%+.1f"):format(row.error * 100) or ""
end

local ours, hook, perf = table.unpack(profilers)
local n, outside, title = ours.profile.n, 0, case
if os.getenv "ALL" then shown = ours.profile end
assert(n > 0, case .. ": the profile has no samples")

for _, kind in ipairs { "function", "line" } do
  local row, count = compare(kind, ours.truth, ours.profile, as_is)
  outside = outside + count
  if row then
    print(("%-20s %7s  %-8s %-34s %6.2f  %+7.2f +- %4.2f  %5.2f %-3s %7s %7s"):format(
      title, title == case and n or "", kind,
      row.name, row.expected * 100, row.error * 100, 196 * noise(row.found, n),
      row.allowed * 100, count > 0 and count .. " !" or "", other(hook, kind),
      other(perf, kind)))
    title = ""
  end
end
local reading = ours.profile.reading
local off = (ours.profile.value + reading) / 1e9 / ours.truth.total - 1
local is_off = math.abs(off) > TOTAL_MARGIN
if is_off then outside = outside + 1 end
print(("%-20s %7s  %-8s %-34s %6.2f  %+7.2f %%        1.00 %s"):format("", "", "total",
  ("CPU seconds, %.1f %% in readings"):format(100 * reading / (ours.profile.value + reading)),
  ours.truth.total, off * 100, is_off and "!" or ""))

local file = assert(io.open(result_file, "a"))
file:write(outside, "\n")
file:close()
