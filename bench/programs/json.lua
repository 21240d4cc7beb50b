-- json.lua: reads and writes JSON in Lua alone. Strings, patterns, tables.

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
local value -- forward

local function skip(text, at) return text:find("%S", at) or #text + 1 end

local function fail(text, at, what)
  error(("json: %s expected at %d, near '%s'"):format(what, at, text:sub(at, at + 9)))
end

local function unescape(letter) return ESCAPES[letter] or letter end

--- Returns the string that begins after `at`, and the position after its end.
local function string_at(text, at)
  local from = at + 1
  local stop = text:find('["\\]', from)
  while stop and text:byte(stop) == 92 do stop = text:find('["\\]', stop + 2) end
  if not stop then fail(text, at, "the end of a string") end
  return text:sub(from, stop - 1):gsub("\\(.)", unescape), stop + 1
end

local function number_at(text, at)
  local digits = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  if not digits then fail(text, at, "a value") end
  return tonumber(digits), at + #digits
end

local function array_at(text, at)
  local list, n = {}, 0
  at = skip(text, at + 1)
  while text:sub(at, at) ~= "]" do
    n = n + 1
    list[n], at = value(text, at)
    at = skip(text, at)
    if text:sub(at, at) == "," then at = skip(text, at + 1) end
  end
  return list, at + 1
end

local function object_at(text, at)
  local object = {}
  at = skip(text, at + 1)
  while text:sub(at, at) ~= "}" do
    if text:sub(at, at) ~= '"' then fail(text, at, "a key") end
    local from = at + 1
    local stop = text:find('"', from, true)
    local key = text:sub(from, stop - 1)
    at = skip(text, stop + 1)
    if text:sub(at, at) ~= ":" then fail(text, at, "':'") end
    object[key], at = value(text, skip(text, at + 1))
    at = skip(text, at)
    if text:sub(at, at) == "," then at = skip(text, at + 1) end
  end
  return object, at + 1
end

function value(text, at)
  local letter = text:sub(at, at)
  if letter == "{" then return object_at(text, at) end
  if letter == "[" then return array_at(text, at) end
  if letter == '"' then return string_at(text, at) end
  if text:sub(at, at + 3) == "true" then return true, at + 4 end
  if text:sub(at, at + 4) == "false" then return false, at + 5 end
  return number_at(text, at)
end

local function quote(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function write(out, item)
  if type(item) == "string" then
    out[#out + 1] = quote(item)
  elseif type(item) ~= "table" then
    out[#out + 1] = tostring(item)
  elseif item[1] ~= nil then
    out[#out + 1] = "["
    for i, element in ipairs(item) do
      if i > 1 then out[#out + 1] = "," end
      write(out, element)
    end
    out[#out + 1] = "]"
  else
    out[#out + 1] = "{"
    for i, key in ipairs(sorted_keys(item)) do
      if i > 1 then out[#out + 1] = "," end
      out[#out + 1] = quote(key) .. ":"
      write(out, item[key])
    end
    out[#out + 1] = "}"
  end
end

local function make_order(i)
  return {
    id = i, customer = "customer " .. i % 17, paid = i % 3 == 0,
    note = i % 5 == 0 and 'leave it "at the door"' or "none",
    lines = {
      { article = "moon dust", count = i % 7 + 1, price = 12.5 },
      { article = "lamp", count = 1, price = 99.25 },
    },
  }
end

local function make_text(count)
  local orders, out = {}, {}
  for i = 1, count do orders[i] = make_order(i) end
  write(out, orders)
  return table.concat(out)
end

return function(n)
  local text = make_text(200)
  for _ = 1, n * 3 do
    local orders = value(text, 1)
    assert(#orders == 200 and orders[10].note == 'leave it "at the door"', "json: read")
    local sum = 0
    for _, order in ipairs(orders) do
      for _, line in ipairs(order.lines) do sum = sum + line.count * line.price end
    end
    -- The counts 1 to 7 come 28 times, and then 2, 3, 4 and 5.
    assert(sum == 12.5 * (28 * 28 + 2 + 3 + 4 + 5) + 200 * 99.25, "json: sum " .. sum)
    local out = {}
    write(out, orders)
    assert(table.concat(out) == text, "json: what was written is not what was read")
  end
end
