-- straight_line.lua: code without calls and jumps. Line k has k equal instructions,
-- each of which needs the result of the one before.
local case = require "case"

local LINES = 8
local source = { "local a, b = ... for _ = 1, 2000 do\n" }
for k = 1, LINES do source[#source + 1] = ("a = a ~ b "):rep(8 * k) .. "\n" end
source[#source + 1] = "end return a"
local chunk = assert(load(table.concat(source), "=straight.lua"))

local function straight() chunk(1, 12345) end

local shares = {}
for k = 1, LINES do
  shares["line straight.lua:" .. k + 1] = k / (LINES * (LINES + 1) / 2)
end
case.part("straight", straight, shares)
case.run()
