-- havlak.lua: finds the loops of a control flow graph by Havlak's algorithm. Graphs,
-- sets, union-find.

local NONE = 0

local function new_graph() return { from = {}, to = {}, size = 0 } end

local function new_block(graph)
  graph.size = graph.size + 1
  graph.from[graph.size], graph.to[graph.size] = {}, {}
  return graph.size
end

local function connect(graph, a, b)
  table.insert(graph.to[a], b)
  table.insert(graph.from[b], a)
end

--- Returns a new block that follows `a`.
local function follow(graph, a)
  local b = new_block(graph)
  connect(graph, a, b)
  return b
end

local function diamond(graph, start)
  local left, right = follow(graph, start), follow(graph, start)
  local join = follow(graph, left)
  connect(graph, right, join)
  return join
end

--- Adds loops in each other, `depth` deep. Returns the block after them.
local function nest(graph, start, depth)
  local head = follow(graph, start)
  local last = diamond(graph, head)
  if depth > 1 then last = nest(graph, last, depth - 1) end
  local latch = follow(graph, last)
  connect(graph, latch, head)
  return follow(graph, latch)
end

local function make_graph(nests, depth)
  local graph = new_graph()
  local block = new_block(graph)
  for _ = 1, nests do block = nest(graph, block, depth) end
  return graph
end

--- Numbers the blocks in preorder. `last[n]` is the highest number below n.
local function number_blocks(graph)
  local number, blocks, last = {}, {}, {}
  local function visit(block)
    local n = #blocks + 1
    blocks[n], number[block] = block, n
    for _, next in ipairs(graph.to[block]) do
      if not number[next] then visit(next) end
    end
    last[n] = #blocks
  end
  visit(1)
  return number, blocks, last
end

local function is_ancestor(last, a, b) return a <= b and b <= last[a] end

--- Returns for each number the predecessors that close a loop, and the others.
local function split_edges(graph, number, blocks, last)
  local back, other = {}, {}
  for n, block in ipairs(blocks) do
    back[n], other[n] = {}, {}
    for _, from in ipairs(graph.from[block]) do
      local v = number[from]
      local list = is_ancestor(last, n, v) and back[n] or other[n]
      list[#list + 1] = v
    end
  end
  return back, other
end

--- Returns the header of the loop that holds n, and shortens the way to it.
local function find(parent, n)
  local root = n
  while parent[root] ~= root do root = parent[root] end
  while parent[n] ~= root do parent[n], n = root, parent[n] end
  return root
end

--- Returns the headers inside the loop of `head`, and whether there is a second
-- way in.
local function collect_body(head, back, other, last, parent)
  local body, list, is_irreducible = {}, {}, false
  local function add(n)
    if n ~= head and not body[n] then
      body[n] = true
      list[#list + 1] = n
    end
  end
  for _, v in ipairs(back[head]) do add(find(parent, v)) end
  local i = 1
  while list[i] do
    for _, y in ipairs(other[list[i]]) do
      local v = find(parent, y)
      if is_ancestor(last, head, v) then
        add(v)
      else
        is_irreducible = true
        table.insert(other[head], v)
      end
    end
    i = i + 1
  end
  return list, is_irreducible
end

--- Returns the loops: for each header the header around it, and how deep it lies.
local function find_loops(graph)
  local number, blocks, last = number_blocks(graph)
  local back, other = split_edges(graph, number, blocks, last)
  local parent, header, count = {}, {}, 0
  for n = 1, #blocks do parent[n], header[n] = n, NONE end
  for n = #blocks, 1, -1 do
    if #back[n] > 0 then
      local body, is_irreducible = collect_body(n, back, other, last, parent)
      assert(not is_irreducible, "havlak: a loop with two ways in")
      count = count + 1
      for _, inner in ipairs(body) do parent[inner], header[inner] = n, n end
    end
  end
  return count, header, back
end

local function deepest(header, back)
  local depths, most = { [NONE] = 0 }, 0
  for n = 1, #header do
    depths[n] = depths[header[n]] + (#back[n] > 0 and 1 or 0)
    most = math.max(most, depths[n])
  end
  return most
end

return function(n)
  for _ = 1, n * 2 do
    local count, header, back = find_loops(make_graph(80, 6))
    assert(count == 80 * 6, "havlak: " .. count .. " loops")
    assert(deepest(header, back) == 6, "havlak: nested " .. deepest(header, back))
  end
end
