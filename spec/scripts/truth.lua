-- truth.lua: a script whose CPU split is known. It burns SECONDS of CPU time
-- (argument 1) in functions of every kind that is hard to attribute, measures
-- each with the thread's CPU clock, and prints the truth:
--
--   NAME<tab>CPU seconds spent in it and what it calls
--
-- and last `total`. Where a function is too small to be timed, a line
-- `ratio<tab>A<tab>B<tab>R` says that A's share of A + B is R, because both
-- have the same body and are called in that proportion.
local clock = require "clock"
local now = clock.thread

local truth = {}

--- Call f(...), and add the time to `name`.
local function timed(name, f, ...)
  local start = now()
  f(...)
  truth[name] = (truth[name] or 0) + now() - start
end

--- Plain Lua, some 7 ns for each of n.
local function spin(n)
  local x = 0
  for i = 1, n do x = x + i % 7 end
  return x
end

-- Tiny leaf functions, and tail calls of them: same body, called 3 to 1.
local function tiny_often(x) return x * 2 + 1 end
local function tiny_seldom(x) return x * 2 + 1 end
local function call_tiny()
  local s = 0
  for i = 1, 9000 do
    s = s + tiny_often(i)
    s = s + tiny_often(i)
    s = s + tiny_often(i)
    s = s + tiny_seldom(i)
  end
  return s
end

local function tail_target(x) return x + 1 end
local function tail_often(x) x = x * 3 x = x ~ 5 x = x - 1 return tail_target(x) end
local function tail_seldom(x) x = x * 3 x = x ~ 5 x = x - 1 return tail_target(x) end
local function call_tails()
  local s = 0
  for i = 1, 6000 do
    s = s + tail_often(i)
    s = s + tail_often(i)
    s = s + tail_often(i)
    s = s + tail_seldom(i)
  end
  return s
end

local function straight_line()
  local a = 1
  for i = 1, 50000 do
    a = a + i
    a = a ~ 12345
    a = a * 3
    a = a - i
    a = a & 0xffffff
    a = a | 1
  end
  return a
end

local text = ("a"):rep(80)
local function long_find() return text:find(".-.-b") end
local function long_rep() return #("xy"):rep(150000) end

-- A comparator that works, called back from table.sort.
local numbers = {}
local function by_value(a, b)
  local start = now()
  spin(4000)
  truth["truth.by_value"] = (truth["truth.by_value"] or 0) + now() - start
  return a < b
end
local function sort_numbers()
  for i = 1, 10 do numbers[i] = (i * 7919) % 101 end
  table.sort(numbers, by_value)
end

local function plain_sort()
  for i = 1, 3000 do numbers[i] = (i * 7919) % 10007 end
  table.sort(numbers)
  for i = 11, 3000 do numbers[i] = nil end
end

local function shout(word)
  local start = now()
  spin(4000)
  truth["truth.shout"] = (truth["truth.shout"] or 0) + now() - start
  return word:upper()
end
local words = ("moon landing "):rep(10)
local function substitute() return (words:gsub("%w+", shout)) end

local Vector = {}
Vector.__index = Vector
function Vector.__add(a, b)
  local start = now()
  spin(25000)
  truth["Vector.__add"] = (truth["Vector.__add"] or 0) + now() - start
  return a
end
local vector = setmetatable({}, Vector)
local function metamethods() return vector + vector + vector end

local function thrower()
  spin(4000)
  error("thrown")
end
local function deep_thrower() thrower() end
local function caught()
  for _ = 1, 10 do pcall(thrower) end
  for _ = 1, 10 do pcall(deep_thrower) end
end
local function only_throws() error("at once") end
local function throw_often()
  for _ = 1, 1500 do pcall(only_throws) end
end

-- Coroutines three deep, each level with work of its own.
local function level_three()
  while true do
    spin(9000)
    coroutine.yield()
  end
end
local function level_two()
  local inner = coroutine.wrap(level_three)
  while true do
    spin(6000)
    timed("truth.level_three", inner)
    coroutine.yield()
  end
end
local function level_one()
  local inner = coroutine.wrap(level_two)
  while true do
    spin(3000)
    timed("truth.level_two", inner)
    coroutine.yield()
  end
end
local outer = coroutine.wrap(level_one)
local function coroutines()
  for _ = 1, 4 do outer() end
end
local function short_lived_coroutines()
  for _ = 1, 300 do coroutine.wrap(spin)(300) end
end

local finalized = { __gc = function()
  local start = now()
  spin(12000)
  truth["(finalizer)"] = (truth["(finalizer)"] or 0) + now() - start
end }
local function make_garbage()
  for _ = 1, 5 do setmetatable({}, finalized) end
  collectgarbage("step")
end

local function vararg_sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s
end
local function varargs()
  for _ = 1, 1500 do vararg_sum(1, 2, 3, 4, 5, 6, 7, 8) end
end

local function format_rows()
  local rows = {}
  for i = 1, 1500 do rows[i] = string.format("%6.2f %s", i / 3, "row") end
  return table.concat(rows, "\n")
end

local parts = {
  { "truth.call_tiny", call_tiny },
  { "truth.call_tails", call_tails },
  { "truth.straight_line", straight_line },
  { "truth.long_find", long_find },
  { "truth.long_rep", long_rep },
  { "truth.sort_numbers", sort_numbers },
  { "truth.plain_sort", plain_sort },
  { "truth.substitute", substitute },
  { "truth.metamethods", metamethods },
  { "truth.caught", caught },
  { "truth.throw_often", throw_often },
  { "truth.coroutines", coroutines },
  { "truth.short_lived_coroutines", short_lived_coroutines },
  { "truth.make_garbage", make_garbage },
  { "truth.varargs", varargs },
  { "truth.format_rows", format_rows },
}

local start = now()
local stop = start + tonumber((...))
while now() < stop do
  for _, part in ipairs(parts) do timed(part[1], part[2]) end
end
local total = now() - start

for name, seconds in pairs(truth) do
  print(name .. "\t" .. seconds)
end
print("ratio\ttruth.tiny_often\ttruth.tiny_seldom\t0.75")
print("ratio\ttruth.tail_often\ttruth.tail_seldom\t0.75")
print("total\t" .. total)
