---@meta scheduler
local scheduler = {}

--- Wait without holding up the worker. Only a handler itself can: not a
--- coroutine that it made, nor a function called by table.sort or string.gsub.
---@param seconds number
function scheduler.sleep(seconds) end

return scheduler
