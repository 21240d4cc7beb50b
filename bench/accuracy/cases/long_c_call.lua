-- long_c_call.lua: one C call that takes most of the run, without any Lua code.
local burn = require "burn"
local case = require "case"

-- A third of the run.
local ROUNDS = 5000000
local per_round = burn.spend(ROUNDS) / ROUNDS
local rounds = math.floor(tonumber(arg[1] or 1) / 3 / per_round)

local function calculate()
  return (burn.spend_more(rounds)) --@calculate
end
case.timed("calculate @calculate burn.spend_more", calculate)

local function plain() case.spin(200000) end
local text = ("a"):rep(300)
local function search() return text:find(".-.-b") end
case.part("plain", plain)
case.part("search string.find", search)
case.run()
