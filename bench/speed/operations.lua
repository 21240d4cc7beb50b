-- operations.lua: one kind of work each, about 20 ms for n = 1. `return
-- operations.NAME` is what a file of bench/programs returns.
local operations = {}

function operations.loops(n)
  local sum = 0
  for _ = 1, n do
    local i = 0
    while i < 2000000 do i = i + 1 end
    for k = 1, 1000000 do sum = sum + (k & 1) end
  end
  assert(sum == n * 500000)
end

local function add(a, b) return a + b end

function operations.calls(n)
  local sum = 0
  for _ = 1, n * 500000 do sum = add(sum, 1) end
  assert(sum == n * 500000)
end

function operations.methods(n)
  local Counter = {}
  Counter.__index = Counter
  function Counter:step(by) self.count = self.count + by end
  local counter = setmetatable({ count = 0 }, Counter)
  for _ = 1, n * 400000 do counter:step(2) end
  assert(counter.count == n * 800000)
end

function operations.fields(n)
  local point = { x = 0, y = 1, z = 2 }
  for _ = 1, n * 500000 do
    point.x = point.x + point.y
    point.z = point.x - point.y
  end
  assert(point.x == n * 500000)
end

function operations.arrays(n)
  local t = {}
  for i = 1, 1000 do t[i] = i end
  for _ = 1, n * 700 do
    for i = 2, 1000 do t[i] = t[i - 1] ~ t[i] end
  end
  assert(#t == 1000)
end

function operations.closures(n)
  local sum = 0
  for i = 1, n * 120000 do
    local f = function() return i end
    sum = sum + f() - i
  end
  assert(sum == 0)
end

function operations.tables(n)
  local last
  for i = 1, n * 70000 do last = { i, name = "x", { i } } end
  assert(last[1] == n * 70000)
end

function operations.concat(n)
  local length = 0
  for i = 1, n * 100000 do length = length + #("key" .. i) end
  assert(length > n * 300000)
end

function operations.build_strings(n)
  for _ = 1, n * 2 do
    local parts = {}
    for i = 1, 40000 do parts[i] = "part " .. i end
    assert(#table.concat(parts, ",") > 40000 * 6)
  end
end

function operations.string_library(n)
  for i = 1, n * 12000 do
    local s = ("%d:%s:%5.2f"):format(i, "name", i / 3)
    local name = s:match ":(%a+):"
    assert(name:upper():rep(3):sub(5, 8) == "NAME")
  end
end

function operations.sort(n)
  for seed = 1, n do
    local t, x = {}, seed
    for i = 1, 20000 do
      x = (x * 1103515245 + 12345) % 2147483648
      t[i] = x
    end
    table.sort(t)
    for i = 2, #t do assert(t[i - 1] <= t[i]) end
  end
end

function operations.coroutines(n)
  local next_number = coroutine.wrap(function()
    local i = 0
    while true do
      i = i + 1
      coroutine.yield(i)
    end
  end)
  local last
  for _ = 1, n * 150000 do last = next_number() end
  assert(last == n * 150000)
end

function operations.pcalls(n)
  local sum = 0
  for i = 1, n * 200000 do
    local ok, value = pcall(add, i, 1)
    sum = sum + (ok and value - i or 0)
  end
  assert(sum == n * 200000)
end

function operations.varargs(n)
  local function count(...) return select("#", ...) end
  local sum = 0
  for i = 1, n * 200000 do sum = sum + count(i, i, i) end
  assert(sum == n * 600000)
end

return operations
