-- towers.lua: the towers of Hanoi with 13 disks, as linked lists. Recursion, fields.

local DISKS = 13

local Game = {}
Game.__index = Game

local function new_game()
  return setmetatable({ pins = { false, false, false }, moves = 0 }, Game)
end

function Game:push(disk, pin)
  local top = self.pins[pin]
  assert(not top or top.size > disk.size, "towers: a large disk on a small one")
  disk.below = top
  self.pins[pin] = disk
end

function Game:pop(pin)
  local top = self.pins[pin]
  assert(top, "towers: an empty pin")
  self.pins[pin] = top.below
  top.below = false
  return top
end

function Game:move_top(from, to)
  self:push(self:pop(from), to)
  self.moves = self.moves + 1
end

function Game:move(count, from, to)
  if count == 1 then return self:move_top(from, to) end
  local other = 6 - from - to
  self:move(count - 1, from, other)
  self:move_top(from, to)
  self:move(count - 1, other, to)
end

return function(n)
  for _ = 1, n * 10 do
    local game = new_game()
    for size = DISKS, 1, -1 do game:push({ size = size }, 1) end
    game:move(DISKS, 1, 2)
    assert(game.moves == (1 << DISKS) - 1, "towers: " .. game.moves)
    assert(not game.pins[1] and game.pins[2].size == 1, "towers: the disks have not arrived")
  end
end
