---@meta proto
--- Converts Lua tables to and from the messages of proto/*.proto
--- (docs/EXPORTERS.md).

local proto = {}

--- Returns the bytes of a message. Keys are field names, and a repeated field
--- is an array. Raises if a field is unknown or its value does not fit. The
--- bytes of several messages may be concatenated.
---@param message string such as "perftools.profiles.Profile"
---@param fields table
---@return string bytes
function proto.encode(message, fields) end

--- Returns the fields of a message. An absent field has the default of proto3;
--- an absent message and an absent member of a oneof are nil. Raises if the
--- bytes are damaged.
---@param message string
---@param bytes string
---@return table fields
function proto.decode(message, bytes) end

return proto
