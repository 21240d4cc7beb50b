-- recursion.lua: functions that call themselves and each other.
local case = require "case"

local function fibonacci(n)
  if n < 2 then return n end
  return fibonacci(n - 1) + fibonacci(n - 2)
end
local function call_fibonacci() return (fibonacci(15)) end

local is_odd
local function is_even(n) if n == 0 then return true end return (is_odd(n - 1)) end
function is_odd(n) if n == 0 then return false end return (is_even(n - 1)) end
local function call_mutual()
  for _ = 1, 60 do is_even(60) end
end

local function descend(n)
  if n == 0 then return case.spin() end
  local result = descend(n - 1)
  return result
end
local function call_descend() descend(50) end

case.part("call_fibonacci fibonacci", call_fibonacci)
case.part("call_mutual is_even", call_mutual)
case.part("call_descend descend", call_descend)
case.run()
