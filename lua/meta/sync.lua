---@meta sync
--- Objects that the tasks of all workers share under names. A task that waits
--- for an object does not block its worker. The profile `block` shows such
--- waits.
local sync = {}

--- Returns a lock that one task holds at a time. The task that has waited
--- longest is next. If a task ends while it holds the lock, the lock is
--- unlocked with a warning in the log.
---@param name string
---@return Mutex
function sync.mutex(name) end

--- Returns a channel, which passes messages in order. If the capacity is 0, a
--- sender waits for a receiver.
---@param name string
---@param capacity? integer 0 by default, or the capacity of a channel that exists
---@return Channel
function sync.channel(name, capacity) end

--- Returns a semaphore, whose permits limit how many tasks run at a time.
---@param name string
---@param permits? integer 1 by default, or the number of a semaphore that exists
---@return Semaphore
function sync.semaphore(name, permits) end

---@class Mutex
local Mutex = {}

--- Waits for the lock. `local held <close> = mutex:lock()` unlocks at the end
--- of the block.
---@param seconds? number how long to wait at most; nil: without limit
---@return Mutex|nil self, string|nil why "timeout"
function Mutex:lock(seconds) end

--- Unlocks. Raises if this task does not hold the lock.
function Mutex:unlock() end

--- Calls a function while holding the lock.
---@param f fun(...): ...
---@return any ... the results of f
function Mutex:with(f, ...) end

---@class Channel
local Channel = {}

--- Sends a copy of nil, a boolean, number, string, json.null or a table of
--- them.
---@param value any
---@param seconds? number how long to wait at most; nil: without limit
---@return boolean|nil sent, string|nil why "timeout", "closed"
function Channel:send(value, seconds) end

--- Receives the next message.
---@param seconds? number how long to wait at most; nil: without limit
---@return any value, string|nil why "timeout"; "closed" if the channel is closed and empty
function Channel:receive(seconds) end

--- Closes the channel: nothing can be sent any more.
function Channel:close() end

---@class Semaphore
local Semaphore = {}

--- Takes a permit.
---@param seconds? number how long to wait at most; nil: without limit
---@return boolean|nil acquired, string|nil why "timeout"
function Semaphore:acquire(seconds) end

--- Gives back a permit, which another task may have acquired.
function Semaphore:release() end

--- Calls a function while having a permit.
---@param f fun(...): ...
---@return any ... the results of f
function Semaphore:with(f, ...) end

return sync
