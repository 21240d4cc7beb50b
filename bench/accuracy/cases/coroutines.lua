-- coroutines.lua: generators, coroutines in coroutines, and short-lived ones.
local case = require "case"

local function level_three()
  while true do
    case.spin(18000)
    coroutine.yield()
  end
end
local function level_two()
  local inner = coroutine.wrap(level_three)
  while true do
    case.spin()
    case.timed("level_three", inner)
    coroutine.yield()
  end
end
local function level_one()
  local inner = coroutine.wrap(level_two)
  while true do
    case.spin(6000)
    case.timed("level_two", inner)
    coroutine.yield()
  end
end
local outer = coroutine.wrap(level_one)
local function nested() outer() end

local function generate(n)
  for i = 1, n do coroutine.yield(i) end
end
local function consume()
  local sum = 0
  for i in coroutine.wrap(function() generate(2000) end) do
    sum = sum + i --@sum
  end
  return sum
end

local function short_lived()
  for _ = 1, 60 do coroutine.wrap(case.spin)(300) end
end

local function resumed()
  case.spin()
  coroutine.yield()
  case.spin()
end
local function resume()
  local thread = coroutine.create(resumed)
  coroutine.resume(thread) --@resume_first
  coroutine.resume(thread) --@resume_second
end

local function descend(n)
  if n == 0 then return case.spin(24000) end
  coroutine.wrap(descend)(n - 1)
end
local function deep() descend(20) end

case.part("nested level_one", nested)
case.part("consume", consume)
case.part("short_lived", short_lived)
case.part("resume resumed", resume, { ["@resume_first"] = 0.5, ["@resume_second"] = 0.5 })
case.part("deep descend", deep)
case.run()
