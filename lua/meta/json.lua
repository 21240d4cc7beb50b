---@meta json
local json = {}

--- JSON's null, which keeps its place in a table.
json.null = nil ---@type lightuserdata

--- Raises with the place of what has no JSON: NaN, a function, a cycle.
---@param value any
---@return string
function json.encode(value) end

--- Raises with line and column when the text is not JSON.
---@param text string
---@return any
function json.decode(text) end

--- Mark a table (a new one without `t`) as an array, so that an empty one is
--- written as [].
---@generic T: table
---@param t? T
---@return T
function json.array(t) end

return json
