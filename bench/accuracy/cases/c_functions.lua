-- c_functions.lua: C functions, from 10 ns to 1 ms a call.
local burn = require "burn"
local case = require "case"

-- 80 us and 0.8 ms; C measures each call.
local function spend()
  case.add("burn.spend", burn.spend(100000))
  case.add("burn.spend_more", burn.spend_more(1000000))
end
local function spend_more()
  for _ = 1, 4 do case.add("burn.spend_more", burn.spend_more(100000)) end
end

local text = ("a"):rep(80)
local function find()
  return text:find(".-.-b") --@find
end

local numbers = {}
local function sort()
  for i = 1, 1500 do numbers[i] = (i * 7919) % 10007 end
  table.sort(numbers) --@sort
end

-- Short: lines with one and three calls.
local floor, byte = math.floor, string.byte
local function short()
  local x = 1
  for _ = 1, 3000 do
    floor(2.5) floor(2.5) floor(2.5) floor(2.5) floor(2.5) floor(2.5) --@floor_six
    x = x + 1
    byte(text, 5) byte(text, 5) byte(text, 5) byte(text, 5) byte(text, 5) byte(text, 5)
    x = x + 1
    floor(2.5) floor(2.5) --@floor_two
  end
  return x
end

case.part("spend", spend)
case.part("spend_more", spend_more)
case.part("find string.find @find", find)
case.part("sort", sort)
case.part("short", short)
case.ratio { ["@floor_six"] = 3, ["@floor_two"] = 1 }
case.run()
