-- tail_calls.lua: functions that are replaced by the function that they call.
local case = require "case"

local function target(x) return x + 1 end
local function often(x) x = x * 3 x = x ~ 5 x = x - 1 return target(x) end
local function seldom(x) x = x * 3 x = x ~ 5 x = x - 1 return target(x) end
local function call_tails()
  local s = 0
  for i = 1, 12000 do
    s = s + often(i) --@first
    s = s + often(i) --@second
    s = s + often(i) --@third
    s = s + seldom(i) --@fourth
  end
  return s
end

local function loop(n)
  if n == 0 then return 0 end
  return loop(n - 1)
end
local function call_loop() local result = loop(30000) return result end

local function work() return case.spin() end
local function enter() return work() end
local function call_work() local result = enter() return result end

case.part("call_tails", call_tails,
  { ["@first"] = 0.25, ["@second"] = 0.25, ["@third"] = 0.25, ["@fourth"] = 0.25 })
case.part("call_loop loop", call_loop)
case.part("call_work", call_work)
case.ratio { often = 3, seldom = 1 }
case.run()
