-- json_gzip.lua: C modules of the program itself.
local case = require "case"
local gzip = require "gzip"
local json = require "json"

local rows = {}
for i = 1, 200 do rows[i] = { id = i, name = "row " .. i, values = { i, i / 3, true } } end
local text = json.encode(rows)

local function encode()
  return json.encode(rows) --@encode
end
local function decode()
  return json.decode(text) --@decode
end
local function compress()
  return gzip.compress(text:sub(1, 8000)) --@compress
end
local function check_sum()
  local sum = 0
  for i, row in ipairs(rows) do sum = sum + row.id * i end
  return sum
end
local function check_sums()
  for _ = 1, 50 do check_sum() end
end

case.part("encode json.encode @encode", encode)
case.part("decode json.decode @decode", decode)
case.part("compress gzip.compress @compress", compress)
case.part("check_sums check_sum", check_sums)
case.run()
