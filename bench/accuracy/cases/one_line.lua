-- one_line.lua: two functions on one line, and one whose name is on two lines.
local case = require "case"

local function light() case.spin(3000) end local function heavy() case.spin(27000) end --@both

local C = {}
function C
  .weird() case.spin(12000) end

case.part("light", light)
case.part("heavy", heavy)
case.part("C.weird", C.weird)
case.run()
