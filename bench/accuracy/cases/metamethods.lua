-- metamethods.lua: functions that operators call. Each measures itself.
local case = require "case"

local Vector = {}

local function work(keys, rounds) case.timed(keys, case.spin, rounds) end

function Vector.__add(a) work("Vector.__add @add", 48000) return a end
function Vector.__concat(a) work("Vector.__concat @concat", 72000) return a end
function Vector.__eq() work("Vector.__eq @eq", 96000) return true end
function Vector.__lt() work("Vector.__lt @lt", 48000) return true end
function Vector.__len() work("Vector.__len @len", 72000) return 1 end
function Vector.__index() work("Vector.__index @index", 96000) return 1 end
function Vector.__newindex() work("Vector.__newindex @newindex", 48000) end
function Vector.__call() work("Vector.__call @call", 72000) end
function Vector.__unm(a) work("Vector.__unm @unm", 96000) return a end
function Vector.__close() work("Vector.__close", 48000) end

local v, w = setmetatable({}, Vector), setmetatable({}, Vector)
local function operators()
  local x = 1
  local a = v + w --@add
  x = x + 1
  a = v .. w --@concat
  x = x + 1
  a = v == w --@eq
  x = x + 1
  a = v < w --@lt
  x = x + 1
  a = #v --@len
  x = x + 1
  a = v.missing --@index
  x = x + 1
  v.missing = x --@newindex
  x = x + 1
  v() --@call
  x = x + 1
  a = -v --@unm
  x = x + 1
  do
    local closed <close> = v
  end
  return a, x
end

case.part("operators", operators)
case.run()
