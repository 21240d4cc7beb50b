-- binary_trees.lua: builds binary trees and drops them. Allocation and collection.

local function build(depth)
  if depth == 0 then return { false, false } end
  return { build(depth - 1), build(depth - 1) }
end

local function count(tree)
  local left = tree[1]
  if not left then return 1 end
  return 1 + count(left) + count(tree[2])
end

local function check(tree, depth)
  local found = count(tree)
  assert(found == (2 << depth) - 1, "binary_trees: " .. found .. " nodes of depth " .. depth)
end

local function build_many(depth, times)
  for _ = 1, times do check(build(depth), depth) end
end

return function(n)
  local kept = build(10)
  for _ = 1, n * 3 do
    for depth = 4, 10, 2 do build_many(depth, 1 << (11 - depth)) end
  end
  check(kept, 10)
end
