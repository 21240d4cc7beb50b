---@meta gzip
local gzip = {}

---@param bytes string
---@param level? integer 0 to 9; 6
---@return string
function gzip.compress(bytes, level) end

--- nil and why when the bytes are no gzip, or too long.
---@param bytes string
---@param limit? integer bytes of the result at most; 64 MiB
---@return string? bytes
---@return string? message
function gzip.decompress(bytes, limit) end

return gzip
