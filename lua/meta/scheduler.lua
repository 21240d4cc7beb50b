---@meta scheduler
local scheduler = {}

--- Wait without holding up the worker. Only a handler itself can: not a
--- coroutine that it made, nor a function called by table.sort or string.gsub.
---@param seconds number
function scheduler.sleep(seconds) end

--- Call a function in a task of its own, so many seconds later.
---@param seconds number from 0
---@param f fun()
---@return Timer
function scheduler.after(seconds, f) end

--- Call a function again and again, but not while its last call waits.
---@param seconds number from 0.001
---@param f fun()
---@return Timer
function scheduler.every(seconds, f) end

--- Call a function as soon as this task waits or ends.
---@param f fun()
---@return Timer
function scheduler.spawn(f) end

---@class Timer
local Timer = {}

--- Call no more. A call that is under way goes on.
function Timer:cancel() end

return scheduler
