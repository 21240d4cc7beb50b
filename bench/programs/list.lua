-- list.lua: Takeuchi's function on the lengths of linked lists. Calls.

local function new_list(length)
  if length == 0 then return nil end
  return { rest = new_list(length - 1) }
end

local function is_shorter(a, b)
  while b do
    if not a then return true end
    a, b = a.rest, b.rest
  end
  return false
end

local function tail(x, y, z)
  if is_shorter(y, x) then
    return tail(tail(x.rest, y, z), tail(y.rest, z, x), tail(z.rest, x, y))
  end
  return z
end

local function length_of(list)
  local length = 0
  while list do length, list = length + 1, list.rest end
  return length
end

return function(n)
  for _ = 1, n * 25 do
    local length = length_of(tail(new_list(15), new_list(10), new_list(6)))
    assert(length == 10, "list: " .. length)
  end
end
