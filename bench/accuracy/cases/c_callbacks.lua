-- c_callbacks.lua: Lua functions that C functions call.
local burn = require "burn"
local case = require "case"

local numbers = {}
local function by_value(a, b)
  case.timed("by_value", case.spin, 24000)
  return a < b
end
local function sort()
  for i = 1, 10 do numbers[i] = (i * 7919) % 101 end
  table.sort(numbers, by_value)
end

local words = ("moon landing "):rep(10)
local function shout(word)
  case.timed("shout", case.spin, 24000)
  return word:upper()
end
local function substitute() return (words:gsub("%w+", shout)) end

local function protected() case.spin() end
local function call_protected()
  pcall(protected) --@pcall
  xpcall(protected, print) --@xpcall
end

local function from_c() case.spin() end
local function call_from_c() burn.call(from_c) end

local function short() return 1 end
local function call_short()
  for _ = 1, 6000 do pcall(short) end
end

local proxy = setmetatable({}, {
  __index = function() case.spin(3000) return 1 end,
  __len = function() return 10 end,
})
local function concatenate() return table.concat(proxy) end

case.part("sort table.sort", sort)
case.part("substitute string.gsub", substitute)
case.part("call_protected protected", call_protected, { ["@pcall"] = 0.5, ["@xpcall"] = 0.5 })
case.part("call_from_c from_c burn.call", call_from_c)
case.part("call_short", call_short)
case.part("concatenate table.concat", concatenate)
case.run()
