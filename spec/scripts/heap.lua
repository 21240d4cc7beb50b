-- heap.lua KEEP|DROP: allocates objects of each type in a function of its own,
-- more than 200 MiB a type, and prints, as JSON, how many bytes each function
-- allocated by Lua's own count: nothing is collected meanwhile.
--
-- Everything is kept in chains of objects whose sizes are known to Lua from
-- the start, so that no block is ever resized: a resized one would count twice
-- in the profile, and once in Lua's number.
local json = require "json"
local EACH_KIB = 205 * 1024
local TEXT = ("x"):rep(2000)
local kept = {}

--- Call make(i, chain) until it has allocated enough: the last chain.
local function fill(make)
  local stop, chain, i = collectgarbage "count" + EACH_KIB, nil, 0
  while collectgarbage "count" < stop do
    for _ = 1, 1000 do
      i = i + 1
      chain = make(i, chain)
    end
  end
  return chain
end

-- In parentheses: a tail call would leave no frame of the caller.
local function keep_strings()
  return (fill(function(i, chain) return { TEXT .. i, chain } end))
end

local function keep_tables()
  return (fill(function(i, chain)
    return { i, i + 1, x = i, chain = chain }
  end))
end

local function keep_functions()
  return (fill(function(_, chain) return function() return chain end end))
end

local function keep_coroutines()
  return (fill(function(_, chain)
    return coroutine.create(function() return chain end)
  end))
end

local allocated = {}
local function run(name, f)
  local before = collectgarbage "count"
  kept[#kept + 1] = f()
  allocated[name] = math.floor((collectgarbage "count" - before) * 1024)
end

collectgarbage "stop"
run("keep_strings", keep_strings)
run("keep_tables", keep_tables)
run("keep_functions", keep_functions)
run("keep_coroutines", keep_coroutines)
print(json.encode(allocated))

if arg[1] == "DROP" then
  kept = nil
  collectgarbage()
end
