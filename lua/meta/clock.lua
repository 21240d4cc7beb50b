---@meta clock
--- Clocks, in seconds.
local clock = {}

--- Never steps back: for durations.
---@return number
function clock.mono() end

--- Since 1970.
---@return number
function clock.wall() end

--- CPU time of the calling thread.
---@return number
function clock.thread() end

return clock
