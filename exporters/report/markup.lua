-- markup.lua: builds HTML and SVG by nested calls. Every text is escaped, so a
-- name cannot become an element: only the nodes that these functions return are
-- markup.
local M = {}

local Node = {}
Node.__index = Node

local ENTITIES = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
  ["'"] = "&#39;",
}

--- Replaces bytes that are not UTF-8 by U+FFFD.
local function mend(text)
  local parts, at = {}, 1
  while at <= #text do
    local _, bad = utf8.len(text, at)
    if not bad then break end
    parts[#parts + 1] = text:sub(at, bad - 1)
    parts[#parts + 1] = "\u{FFFD}"
    at = bad + 1
  end
  parts[#parts + 1] = text:sub(at)
  return table.concat(parts)
end

--- Returns a text in a form that may stand anywhere in the page.
---@param text string|number
---@return string
function M.escape(text)
  text = tostring(text)
  if not utf8.len(text) then text = mend(text) end
  return (text:gsub("[\0-\8\11\12\14-\31\127]", "\u{FFFD}")
    :gsub("[&<>\"']", ENTITIES))
end

--- Appends a child: a node, a list of children or a text. nil and false are
-- left out.
local function append(parts, child)
  if child == nil or child == false then return end
  if getmetatable(child) == Node then
    table.move(child, 1, #child, #parts + 1, parts)
  elseif type(child) == "table" then
    for _, c in ipairs(child) do append(parts, c) end
  else
    parts[#parts + 1] = M.escape(child)
  end
end

local function attributes(attrs)
  local names, parts = {}, {}
  for name, value in pairs(attrs) do
    if value ~= nil and value ~= false then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    parts[#parts + 1] = (' %s="%s"'):format(name, M.escape(attrs[name]))
  end
  return table.concat(parts)
end

local VOID = { meta = true, br = true }

--- Returns an element. `attrs` may be nil.
function M.element(tag, attrs, ...)
  local node = setmetatable({}, Node)
  node[1] = "<" .. tag .. (attrs and attributes(attrs) or "") .. ">"
  if VOID[tag] then return node end
  for i = 1, select("#", ...) do append(node, (select(i, ...))) end
  node[#node + 1] = "</" .. tag .. ">"
  return node
end

--- Returns a name from outside: its writing direction does not affect the text
-- around it.
function M.name(text) return M.element("bdi", nil, text) end

--- Returns the style sheet of the page, the only text that is not escaped.
function M.style(css)
  assert(not css:find("</", 1, true))
  return setmetatable({ "<style>", css, "</style>" }, Node)
end

--- Returns a coordinate with at most two decimals, without trailing zeros.
---@param x number
---@return string
function M.coordinate(x)
  local text = ("%.2f"):format(x):gsub("%.?0+$", "")
  return text == "-0" and "0" or text
end

--- Writes a node.
function M.write(out, node)
  for _, part in ipairs(node) do out:write(part) end
end

return M
