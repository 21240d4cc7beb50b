-- storage.lua: a tree of arrays of random lengths, seven deep. Allocation of arrays.

local WIDTH, DEPTH = 4, 7
local seed, nodes

--- A small generator of numbers, the same in each run.
local function random()
  seed = (seed * 1309 + 13849) & 0xffff
  return seed
end

local function leaf()
  local values = {}
  for i = 1, random() % 10 + 1 do values[i] = 0 end
  return values
end

local function grow(depth)
  nodes = nodes + 1
  if depth == 1 then return leaf() end
  local children = {}
  for i = 1, WIDTH do children[i] = grow(depth - 1) end
  return children
end

return function(n)
  for _ = 1, n * 4 do
    seed, nodes = 74755, 0
    grow(DEPTH)
    -- 1 + 4 + 16 + ... + 4^6
    assert(nodes == (WIDTH ^ DEPTH - 1) / (WIDTH - 1), "storage: " .. nodes)
  end
end
