---@meta gzip
local gzip = {}

--- Returns `bytes` as a gzip file.
---@param bytes string
---@param level? integer 0 to 9, 6 by default
---@return string
function gzip.compress(bytes, level) end

--- Returns nil and a message if `bytes` is not a gzip file, is damaged, or
--- holds more than `limit` bytes.
---@param bytes string
---@param limit? integer the most bytes of the result, 64 MiB by default
---@return string? bytes
---@return string? message
function gzip.decompress(bytes, limit) end

return gzip
