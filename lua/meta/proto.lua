---@meta proto
--- Lua tables to and from every message of proto/*.proto (docs/EXPORTERS.md).

local proto = {}

--- Keys are field names; a repeated field is an array. A field that is unknown
--- or does not fit is an error. Encoded messages concatenate.
---@param message string "perftools.profiles.Profile"
---@param fields table
---@return string bytes
function proto.encode(message, fields) end

--- What is absent is proto3's default; messages and members of a oneof are nil.
--- Damaged bytes are an error.
---@param message string
---@param bytes string
---@return table fields
function proto.decode(message, bytes) end

return proto
