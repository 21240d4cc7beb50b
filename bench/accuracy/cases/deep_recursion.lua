-- deep_recursion.lua: stacks that are deeper than a profile keeps. Their roots stay.
local case = require "case"

local function descend(n)
  if n == 0 then return case.spin() end
  local result = descend(n - 1)
  return result
end

local function seldom() descend(20000) end
local function often()
  descend(20000) --@often_first
  descend(20000) --@often_second
  descend(20000) --@often_third
end
local function shallow() case.spin(60000) end

case.part("seldom", seldom)
case.part("often", often,
  { ["@often_first"] = 1 / 3, ["@often_second"] = 1 / 3, ["@often_third"] = 1 / 3 })
case.part("shallow", shallow)
case.run()
