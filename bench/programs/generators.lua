-- generators.lua: the primes by a chain of coroutines, and the leaves of trees by
-- recursive coroutines. Coroutines, closures.

local function count_up(limit)
  return coroutine.wrap(function()
    for i = 2, limit do coroutine.yield(i) end
  end)
end

local function without_multiples(of, source)
  return coroutine.wrap(function()
    for n in source do
      if n % of ~= 0 then coroutine.yield(n) end
    end
  end)
end

local function primes(limit)
  local found, source = {}, count_up(limit)
  local prime = source()
  while prime do
    found[#found + 1] = prime
    source = without_multiples(prime, source)
    prime = source()
  end
  return found
end

local function make_tree(depth, name)
  if depth == 0 then return name end
  return { make_tree(depth - 1, 2 * name), make_tree(depth - 1, 2 * name + 1) }
end

local function leaves(tree)
  return coroutine.wrap(function()
    if type(tree) ~= "table" then return coroutine.yield(tree) end
    for _, child in ipairs(tree) do
      for leaf in leaves(child) do coroutine.yield(leaf) end
    end
  end)
end

--- Returns a generator of the values for which `keep` returns true.
local function filter(source, keep)
  return function()
    local value = source()
    while value and not keep(value) do value = source() end
    return value
  end
end

return function(n)
  for _ = 1, n * 8 do
    local found = primes(400)
    assert(#found == 78 and found[78] == 397, "generators: primes")
    local tree, sum = make_tree(9, 1), 0
    for leaf in filter(leaves(tree), function(leaf) return leaf % 2 == 0 end) do
      sum = sum + leaf
    end
    -- 512 + 514 + ... + 1022
    assert(sum == 256 * (512 + 1022) // 2, "generators: sum " .. sum)
  end
end
