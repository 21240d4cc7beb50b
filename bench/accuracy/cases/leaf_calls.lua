-- leaf_calls.lua: tiny functions, called three times to one.
local case = require "case"

local function often(x) return x * 2 + 1 end
local function seldom(x) return x * 2 + 1 end
local function call_leaves()
  local s = 0
  for i = 1, 20000 do
    s = s + often(i) --@first
    s = s + often(i) --@second
    s = s + often(i) --@third
    s = s + seldom(i) --@fourth
  end
  return s
end

local function longer(x)
  for i = 1, 20 do x = x ~ i end
  return x
end
local function shorter(x)
  for i = 1, 20 do x = x ~ i end
  return x
end
local function call_longer()
  local s = 0
  for i = 1, 3000 do
    s = s + longer(i) --@long_once
    s = s + longer(i) s = s + longer(i) s = s + longer(i)
    s = s + shorter(i) --@short_once
  end
  return s
end

-- The loop itself takes 1 % of the time of four calls.
case.part("call_leaves", call_leaves,
  { ["@first"] = 0.25, ["@second"] = 0.25, ["@third"] = 0.25, ["@fourth"] = 0.25 })
case.part("call_longer", call_longer, { ["@long_once"] = 0.2, ["@short_once"] = 0.2 })
case.ratio { often = 3, seldom = 1 }
case.ratio { longer = 4, shorter = 1 }
case.run()
