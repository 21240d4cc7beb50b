-- finalizers.lua: work in finalizers, which run inside of collections.
local case = require "case"

local finalized = { __gc = function() case.timed("(finalizer)", case.spin, 48000) end }
local function make_objects()
  for _ = 1, 5 do setmetatable({}, finalized) end
  collectgarbage() --@collect
end
local function work() case.spin(160000) end

case.part("make_objects @collect", make_objects)
case.part("work", work)
case.run()
