-- case.lua: what the scripts of cases/ share. A case has parts, which run in turn
-- until the wanted CPU time is over. Each part is measured with the thread's CPU
-- clock in the very run that is profiled. At the end the truth is printed:
--
--   total<tab>SECONDS
--   function<tab>NAME<tab>SECONDS        of NAME and all that it calls
--   line<tab>FILE:LINE<tab>SECONDS       of the line and all that it calls
--   ratio<tab>function or line<tab>A,B,...<tab>SHARE,SHARE,...
--
-- The last stands for functions that are too short for a clock, and that have equal
-- bodies and are called in this proportion. A name without a dot belongs to the
-- case: `leaf` is `leaf_calls.leaf`. `@mark` is the line of the case that ends with
-- the comment `--@mark`.
local clock = require "clock"

local M = {}
local now = clock.thread

local SPIN = 12000 -- some 50 to 100 us
local BLOCK_S = 0.005 -- parts are repeated for so long between two readings of the clock
local path = arg.case or arg[0]
local stem = path:match "([^/]*)%.lua$"
local seconds = tonumber(arg[1] or 1)
local begin = now()
local parts, ratios, spent = {}, {}, {}

local marks = {}
do
  local n = 0
  for line in io.lines(path) do
    n = n + 1
    local mark = line:match "%-%-@(%S+)$"
    if mark then marks[mark] = n end
  end
end

--- Returns the full name of a function or line.
local function expand(key)
  local mark = key:match "^@(.*)"
  if mark then
    local line = marks[mark] or error(path .. " has no line --@" .. mark)
    return ("line\t%s.lua:%d"):format(stem, line)
  end
  if key:find "^line " then return (key:gsub(" ", "\t")) end
  if key:find "[.(]" then return "function\t" .. key end
  return "function\t" .. stem .. "." .. key
end

--- Adds CPU time to a function or line.
local function add(key, time) spent[key] = (spent[key] or 0) + time end
M.add = add

--- Returns the CPU time of the calling thread.
M.now = now

--- Calls f(...) and adds the time to the functions and lines in `keys`, which a
-- space separates. Returns nothing of f.
function M.timed(keys, f, ...)
  local start = now()
  f(...)
  local time = now() - start
  for key in keys:gmatch "%S+" do add(key, time) end
end

--- Plain Lua, which takes the same time in each call.
function M.spin(n)
  local x = 0
  for i = 1, n or SPIN do x = x + i % 7 end
  return x
end

--- Makes f a part of the case. `keys` are the functions and lines that take all of
-- its time. `shares` has those that take a known share of it.
---@param keys string
---@param f fun()
---@param shares? table<string, number>
function M.part(keys, f, shares) parts[#parts + 1] = { keys, f, shares or {} } end

--- Says in which proportion the named functions share the time that they have
-- together: ratio { often = 3, seldom = 1 }.
function M.ratio(proportions)
  local names, shares, sum, kind = {}, {}, 0, nil
  for _, number in pairs(proportions) do sum = sum + number end
  for key, number in pairs(proportions) do
    local i = #names + 1
    kind, names[i] = expand(key):match "(.*)\t(.*)"
    shares[i] = number / sum
  end
  ratios[#ratios + 1] = table.concat({ kind, table.concat(names, ","),
    table.concat(shares, ",") }, "\t")
end

--- Runs the parts until this share of the wanted CPU time is over, and forgets them.
function M.run_parts(share)
  local stop = begin + seconds * share
  while now() < stop do
    for _, part in ipairs(parts) do
      local times = part.times or 1
      local start = now()
      for _ = 1, times do part[2]() end
      local time = now() - start
      part.times = math.max(1, math.floor(BLOCK_S * times / time))
      for key in part[1]:gmatch "%S+" do add(key, time) end
      for key, share in pairs(part[3]) do add(key, time * share) end
    end
  end
  parts = {}
end

--- Prints the truth. `more` is the CPU time of other threads.
function M.print_truth(more)
  print("total\t" .. now() - begin + (more or 0))
  for key, time in pairs(spent) do print(expand(key) .. "\t" .. time) end
  for _, ratio in ipairs(ratios) do print("ratio\t" .. ratio) end
end

function M.run()
  M.run_parts(1)
  M.print_truth()
end

return M
