-- bounce.lua: a hundred balls bounce in a box. Methods that change fields.

local SIZE, BALLS, STEPS = 500, 100, 50
local seed

--- A small generator of numbers, the same in each run.
local function random()
  seed = (seed * 1309 + 13849) & 0xffff
  return seed
end

local Ball = {}
Ball.__index = Ball

local function new_ball()
  local x, y = random() % SIZE, random() % SIZE
  local dx = random() % 300 - 150
  return setmetatable({ x = x, y = y, dx = dx, dy = random() % 300 - 150 }, Ball)
end

--- Returns the place and the speed after a wall, and whether there was one.
local function reflect(place, speed)
  if place > SIZE then return SIZE, -math.abs(speed), true end
  if place < 0 then return 0, math.abs(speed), true end
  return place, speed, false
end

function Ball:step()
  local by_x, by_y
  self.x, self.dx, by_x = reflect(self.x + self.dx, self.dx)
  self.y, self.dy, by_y = reflect(self.y + self.dy, self.dy)
  return by_x or by_y
end

local function play()
  seed = 74755
  local balls, bounces = {}, 0
  for i = 1, BALLS do balls[i] = new_ball() end
  for _ = 1, STEPS do
    for i = 1, BALLS do
      if balls[i]:step() then bounces = bounces + 1 end
    end
  end
  return bounces
end

return function(n)
  for _ = 1, n * 15 do
    local bounces = play()
    -- The count of the program of this name in are-we-fast-yet.
    assert(bounces == 1331, "bounce: " .. bounces)
  end
end
