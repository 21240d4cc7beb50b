---@meta scheduler
local scheduler = {}

--- Waits without blocking the worker. A handler can wait, but not in a
--- coroutine that it made or in a function that table.sort or string.gsub
--- calls.
---@param seconds number
function scheduler.sleep(seconds) end

--- Calls a function in a task of its own, after `seconds`.
---@param seconds number from 0
---@param f fun()
---@return Timer
function scheduler.after(seconds, f) end

--- Calls a function every `seconds`, but not while its last call waits.
---@param seconds number from 0.001
---@param f fun()
---@return Timer
function scheduler.every(seconds, f) end

--- Calls a function as soon as this task waits or ends.
---@param f fun()
---@return Timer
function scheduler.spawn(f) end

---@class Timer
local Timer = {}

--- Ends the calls. A call that has begun is not stopped.
function Timer:cancel() end

return scheduler
