-- mandelbrot.lua: the Mandelbrot set in a picture of 100 x 100 points. Floats in
-- local variables.

local SIZE, STEPS = 100, 50

--- Returns whether the point stays near 0, and after how many steps it has left.
local function iterate(cx, cy)
  local x, y = 0.0, 0.0
  for i = 1, STEPS do
    local xx, yy = x * x, y * y
    if xx + yy > 4 then return false, i end
    x, y = xx - yy + cx, 2 * x * y + cy
  end
  return true, STEPS
end

local function row(j)
  local inside, cy = 0, (2 * j - SIZE) / SIZE
  for i = 0, SIZE - 1 do
    if iterate(2 * i / SIZE - 1.5, cy) then inside = inside + 1 end
  end
  return inside
end

return function(n)
  for _ = 1, n * 4 do
    local sum, half = row(0) + row(SIZE // 2), 0
    for j = 1, SIZE // 2 - 1 do half = half + row(j) end
    for j = SIZE // 2 + 1, SIZE - 1 do sum = sum + row(j) end
    sum = sum + half
    assert(sum - row(0) - row(SIZE // 2) == 2 * half, "mandelbrot: not symmetric")
    -- The set's area is 1.5066. Some points leave after more than 50 steps.
    local area = sum * 4 / SIZE ^ 2
    assert(area > 1.5 and area < 1.7, "mandelbrot: area " .. area)
  end
end
