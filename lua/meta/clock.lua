---@meta clock
--- Clocks, in seconds.
local clock = {}

--- Returns a time that never steps back, for durations.
---@return number
function clock.mono() end

--- Returns the time since 1970.
---@return number
function clock.wall() end

--- Returns the CPU time that the calling thread has used.
---@return number
function clock.thread() end

return clock
