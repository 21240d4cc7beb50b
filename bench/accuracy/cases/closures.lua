-- closures.lua: functions that are made all the time, and called once.
local case = require "case"

local function make_adder(n) return function(x) return x + n end end
local function make_adders()
  local s = 0
  for i = 1, 4000 do
    s = s + make_adder(i)(s) --@adder
  end
  return s
end

local function make_counter()
  local count = 0
  local function increment() count = count + 1 return count end
  return increment
end
local function count_up()
  for _ = 1, 300 do
    local increment = make_counter()
    for _ = 1, 20 do increment() end --@increment
  end
end

local function each(list, f)
  for i = 1, #list do f(list[i]) end
end
local numbers = {}
for i = 1, 100 do numbers[i] = i end
local function sum_up()
  local sum = 0
  for _ = 1, 60 do each(numbers, function(n) sum = sum + n end) end --@each
  return sum
end

case.part("make_adders @adder", make_adders)
case.part("count_up", count_up)
case.part("sum_up each @each", sum_up)
case.run()
