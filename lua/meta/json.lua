---@meta json
local json = {}

--- JSON's null. In place of nil, it keeps its place in a table.
json.null = nil ---@type lightuserdata

--- Returns the value as JSON. Raises an error that names the place if the value
--- contains something that JSON cannot express: NaN, a function, a cycle.
---@param value any
---@return string
function json.encode(value) end

--- Returns the value of a JSON text. Raises an error with the line and column
--- if the text is not JSON.
---@param text string
---@return any
function json.decode(text) end

--- Marks a table, or a new table, as an array and returns it. An empty array is
--- written as [] and not as {}.
---@generic T: table
---@param t? T
---@return T
function json.array(t) end

return json
