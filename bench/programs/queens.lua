-- queens.lua: all ways to place eight queens that do not attack each other.
-- Arrays of booleans, recursion.

local SIZE = 8
local free_columns, free_sums, free_differences

local function is_free(row, column)
  return free_columns[column] and free_sums[row + column] and
    free_differences[row - column + SIZE]
end

local function set(row, column, is)
  free_columns[column] = is
  free_sums[row + column] = is
  free_differences[row - column + SIZE] = is
end

local function place(row)
  if row > SIZE then return 1 end
  local ways = 0
  for column = 1, SIZE do
    if is_free(row, column) then
      set(row, column, false)
      ways = ways + place(row + 1)
      set(row, column, true)
    end
  end
  return ways
end

local function fill(count)
  local list = {}
  for i = 1, count do list[i] = true end
  return list
end

return function(n)
  for _ = 1, n * 10 do
    free_columns, free_sums, free_differences = fill(SIZE), fill(2 * SIZE), fill(2 * SIZE)
    local ways = place(1)
    assert(ways == 92, "queens: " .. ways)
  end
end
