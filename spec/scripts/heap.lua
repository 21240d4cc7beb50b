-- heap.lua: the routes of a server that knows what it allocates: objects of each
-- type in a function of its own, of a size by Lua's own count. For
-- heap_truth_spec.lua, which sets package.cpath before.
local holder = require "holder"

local TEXT = ("x"):rep(4000)
local MEAN_LENGTH = 2500
local slots -- what is kept, in a table that has its size already

local function string_length(i) return 1000 + i % 3000 end
local function nothing() end

-- A table's head, its array and its nodes; a closure and eight variables; a
-- coroutine and its stack.
local makers = {
  string = { blocks = 1, make = function(i) return TEXT:sub(1, string_length(i)) end },
  table = { blocks = 3, make = function(i)
    return { i, i, i, i, i, i, i, i, a = i, b = i, c = i, d = i }
  end },
  ["function"] = { blocks = 9, make = function(i)
    local a, b, c, d, e, f, g, h = i, i, i, i, i, i, i, i
    return function() return a, b, c, d, e, f, g, h end
  end },
  userdata = { blocks = 1, make = function() return holder.userdata(1000) end },
  coroutine = { blocks = 2, make = function() return coroutine.create(nothing) end },
}

--- By Lua's count. The least: now and then a table of the program's own grows.
local function size_of(maker)
  local least = math.huge
  collectgarbage "stop"
  for _ = 1, 100 do
    local before = collectgarbage "count"
    local object = maker.make(MEAN_LENGTH - 1000)
    least = math.min(least, (collectgarbage "count" - before) * 1024)
    slots = object
  end
  collectgarbage "restart"
  slots = nil
  return math.tointeger(least)
end

--- A table of n elements, none of which needs more room when it is set.
local function reserve(n)
  slots = {}
  for i = 1, n do slots[i] = false end
end

local function keep_string(make) for i = 1, #slots do slots[i] = make(i) end end
local function keep_table(make) for i = 1, #slots do slots[i] = make(i) end end
local function keep_function(make) for i = 1, #slots do slots[i] = make(i) end end
local function keep_userdata(make) for i = 1, #slots do slots[i] = make(i) end end
local function keep_coroutine(make) for i = 1, #slots do slots[i] = make(i) end end

local keepers = {
  string = keep_string, table = keep_table, ["function"] = keep_function,
  userdata = keep_userdata, coroutine = keep_coroutine,
}

return {
  ["GET /reserve/{type}"] = function(req)
    local size = size_of(makers[req.params.type])
    reserve(tonumber(req.query.bytes) // size)
    return { size = size }
  end,
  ["GET /keep/{type}"] = function(req)
    local maker, n = makers[req.params.type], #slots
    keepers[req.params.type](maker.make)
    return { objects = n * maker.blocks }
  end,
  ["GET /drop"] = function()
    for i = 1, #slots do slots[i] = false end
    return 204
  end,
}
