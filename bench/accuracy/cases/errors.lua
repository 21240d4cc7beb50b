-- errors.lua: functions that work and then raise an error.
local case = require "case"

local function thrower()
  case.spin()
  error("thrown")
end
local function catch() pcall(thrower) end

local function deep_thrower(n)
  if n == 0 then thrower() end
  deep_thrower(n - 1)
end
local function catch_deep() pcall(deep_thrower, 10) end

local function at_once() error("at once") end
local function catch_often()
  for _ = 1, 800 do pcall(at_once) end
end

local function indexer()
  case.spin()
  local nothing
  return nothing.field
end
local function handler(message) case.timed("handler", case.spin, 18000) return message end
local function catch_with_handler() xpcall(indexer, handler) end

case.part("catch", catch)
case.part("catch_deep deep_thrower", catch_deep)
case.part("catch_often", catch_often)
case.part("catch_with_handler", catch_with_handler)
case.run()
