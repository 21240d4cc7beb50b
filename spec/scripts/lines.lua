-- lines.lua: eight equal lines, 7 to 14, in a straight stretch of code, for
-- SECONDS of CPU time (argument 1).
local clock = require "clock"
local function eight(n)
  local a = 1
  for _ = 1, n do
    a = a + 1
    a = a + 1
    a = a + 1
    a = a + 1
    a = a + 1
    a = a + 1
    a = a + 1
    a = a + 1
  end
  return a
end
local stop = clock.thread() + tonumber((...))
while clock.thread() < stop do eight(100000) end
