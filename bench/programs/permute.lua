-- permute.lua: all permutations of six numbers, in place. Recursion, swaps.

local counted

local function swap(list, i, j) list[i], list[j] = list[j], list[i] end

local function permute(list, n)
  counted = counted + 1
  if n == 0 then return end
  permute(list, n - 1)
  for i = n, 1, -1 do
    swap(list, n, i)
    permute(list, n - 1)
    swap(list, n, i)
  end
end

--- Returns how many calls permute makes for n numbers.
local function expect(n) return n == 0 and 1 or 1 + (n + 1) * expect(n - 1) end

return function(n)
  local list = {}
  for _ = 1, n * 15 do
    for i = 1, 6 do list[i] = i end
    counted = 0
    permute(list, 6)
    assert(counted == expect(6), "permute: " .. counted)
    for i = 1, 6 do assert(list[i] == i, "permute: the order is not restored") end
  end
end
