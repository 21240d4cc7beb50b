-- leaf_lines.lua: instructions for which the interpreter calls its own C code. Each
-- part has such an instruction once on one line and three times on another. The cheap
-- lines between them take little of the part.
local case = require "case"

local N = 1500
local long, other = ("x"):rep(300), ("x"):rep(299) .. "y"
local list = {}
for i = 1, 20 do list[i] = i end

local function concat()
  local s, x = nil, 1
  for i = 1, N // 2 do
    s = long .. i --@concat_once
    x = x + 1
    x = x ~ i
    s = long .. i s = long .. i s = long .. i --@concat_thrice
    x = x + 1
    x = x ~ i
  end
  return s, x
end

local function new_table()
  local t, x = nil, 1
  for i = 1, N do
    t = { i, i } --@table_once
    x = x + 1
    x = x ~ i
    t = { i, i } t = { i, i } t = { i, i } --@table_thrice
    x = x + 1
    x = x ~ i
  end
  return t, x
end

local function closure()
  local f, x = nil, 1
  for i = 1, N do
    f = function() return long end --@closure_once
    x = x + 1
    x = x ~ i
    f = function() return long end f = function() return long end f = function() return long end --@closure_thrice
    x = x + 1
    x = x ~ i
  end
  return f, x
end

local function vararg(...)
  local t, x = nil, 1
  for i = 1, N // 2 do
    t = { ... } --@vararg_once
    x = x + 1
    x = x ~ i
    t = { ... } t = { ... } t = { ... } --@vararg_thrice
    x = x + 1
    x = x ~ i
  end
  return t, x
end
local function varargs() vararg(table.unpack(list)) end

local function compare()
  local is, x = nil, 1
  for i = 1, 4 * N do
    is = long < other --@less_once
    x = x + 1
    x = x ~ i
    is = long < other is = long < other is = long < other --@less_thrice
    x = x + 1
    x = x ~ i
  end
  return is, x
end

local parent = setmetatable({}, { __index = setmetatable({}, { __index = { inherited = 1 } }) })
local child = setmetatable({}, { __index = setmetatable({}, { __index = parent }) })
local function inherit()
  local v, x = nil, 1
  for i = 1, 3 * N do
    v = child.inherited --@get_once
    x = x + 1
    x = x ~ i
    v = child.inherited v = child.inherited v = child.inherited --@get_thrice
    x = x + 1
    x = x ~ i
  end
  return v, x
end

local function new_key()
  local t, x = nil, 1
  for i = 1, N do
    t = {} t.key = i --@key_once
    x = x + 1
    x = x ~ i
    t = {} t.key = i t = {} t.key = i t = {} t.key = i --@key_thrice
    x = x + 1
    x = x ~ i
  end
  return t, x
end

local function raise()
  local y, x = 1.5, 1
  for i = 1, 5 * N do
    y = i ^ 0.3 --@power_once
    x = x + 1
    x = x ~ i
    y = i ^ 0.3 y = i ^ 0.3 y = i ^ 0.3 --@power_thrice
    x = x + 1
    x = x ~ i
  end
  return y, x
end

local function part(name, f, word)
  case.part(name, f, { ["@" .. word .. "_once"] = 0.25, ["@" .. word .. "_thrice"] = 0.75 })
end
part("concat", concat, "concat")
part("new_table", new_table, "table")
part("closure", closure, "closure")
part("varargs", varargs, "vararg")
part("compare", compare, "less")
part("inherit", inherit, "get")
part("new_key", new_key, "key")
part("raise", raise, "power")
case.run()
