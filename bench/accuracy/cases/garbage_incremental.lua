-- garbage_incremental.lua: little but allocation, in the collector's incremental mode.
local case = require "case"
collectgarbage "incremental"

local kept = {}
for i = 1, 20000 do kept[i] = { i } end

local function tables()
  for _ = 1, 3000 do
    local t = {} --@table_once
    t = {} t = {} t = {} --@table_thrice
    t = 1
  end
end

local function rows()
  local list = {}
  for i = 1, 800 do
    list[i] = { name = "row", number = i, half = i / 2 } --@row
  end
  return list
end

local function strings()
  local text
  for i = 1, 3000 do
    text = "number " .. i --@string
  end
  return text
end

local function closures()
  local f
  for i = 1, 3000 do
    f = function() return i end --@closure
  end
  return f
end

local function no_garbage() case.spin(24000) end

case.part("tables", tables, { ["@table_once"] = 0.25, ["@table_thrice"] = 0.75 })
case.part("rows @row", rows)
case.part("strings @string", strings)
case.part("closures @closure", closures)
case.part("no_garbage", no_garbage)
case.run()
