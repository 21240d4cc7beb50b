-- string_building.lua: texts out of parts, in several ways.
local case = require "case"

local word = ("moon"):rep(10)
local function concatenate()
  local text = ""
  for _ = 1, 150 do
    text = text .. word --@concatenate
  end
  return text
end

local function concatenate_many()
  local text
  for i = 1, 3000 do
    text = word .. i .. word .. i .. word --@concatenate_many
  end
  return text
end

local function join()
  local rows = {}
  for i = 1, 3000 do rows[i] = word end
  return table.concat(rows, "\n") --@join
end

local function format()
  local text
  for i = 1, 2000 do
    text = string.format("%6.2f %s", i / 3, word) --@format
  end
  return text
end

local function rep()
  return #("xy"):rep(100000) --@rep
end

local function upper()
  local text = word:rep(500)
  for _ = 1, 10 do
    text = text:upper() --@upper
  end
  return text
end

case.part("concatenate @concatenate", concatenate)
case.part("concatenate_many @concatenate_many", concatenate_many)
case.part("join", join)
case.part("format @format", format)
case.part("rep @rep string.rep", rep)
case.part("upper", upper)
case.run()
