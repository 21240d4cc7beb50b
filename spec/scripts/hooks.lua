-- hooks.lua: prints how often a count hook of the script's own came for each
-- million instructions, over SECONDS of CPU time (argument 1), and how many
-- line events a coroutine's hook saw.
local clock = require "clock"
local COUNT = 1000000
local calls, loops = 0, 0
debug.sethook(function() calls = calls + 1 end, "", COUNT)
local stop = clock.thread() + tonumber((...))
while clock.thread() < stop do
  for _ = 1, 100000 do loops = loops + 1 end
end
debug.sethook()
-- One turn of the inner loop is two instructions: the addition and FORLOOP.
print(calls / (loops * 2 / COUNT))

local lines = 0
local co = coroutine.create(function()
  local a = 1
  a = a + 1
  coroutine.yield(a)
  a = a + 1
  return a
end)
debug.sethook(co, function() lines = lines + 1 end, "l")
while coroutine.resume(co) do end
print(lines)
