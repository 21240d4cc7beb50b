---@meta sync
--- What tasks of all workers share, by name. A task that waits for one of these
--- does not hold up its worker; a profile of the kind `block` has what it waited.
local sync = {}

--- A lock that one task holds at a time. Whoever waits longest is next. A task
--- that ends without having unlocked it loses it, with a warning in the log.
---@param name string
---@return Mutex
function sync.mutex(name) end

--- Messages in order. With a capacity of 0 a sender waits for a receiver.
---@param name string
---@param capacity? integer 0, or that of the channel if it is there already
---@return Channel
function sync.channel(name, capacity) end

--- So many at a time.
---@param name string
---@param permits? integer 1, or that of the semaphore if it is there already
---@return Semaphore
function sync.semaphore(name, permits) end

---@class Mutex
local Mutex = {}

--- `local held <close> = mutex:lock()` unlocks it at the end of the block.
---@param seconds? number to wait at most
---@return Mutex|nil self, string|nil why "timeout"
function Mutex:lock(seconds) end

function Mutex:unlock() end

--- Call a function while holding it.
---@param f fun(...): ...
---@return any ... what f returns
function Mutex:with(f, ...) end

---@class Channel
local Channel = {}

--- Send a copy of nil, a boolean, number, string, json.null or a table of them.
---@param value any
---@param seconds? number to wait at most
---@return boolean|nil sent, string|nil why "timeout", "closed"
function Channel:send(value, seconds) end

---@param seconds? number to wait at most
---@return any value, string|nil why "timeout"; "closed": it is, and empty
function Channel:receive(seconds) end

--- Nothing can be sent any more, for ever.
function Channel:close() end

---@class Semaphore
local Semaphore = {}

---@param seconds? number to wait at most
---@return boolean|nil acquired, string|nil why "timeout"
function Semaphore:acquire(seconds) end

--- Give a permit back, also one that another task has acquired.
function Semaphore:release() end

--- Call a function while having a permit.
---@param f fun(...): ...
---@return any ... what f returns
function Semaphore:with(f, ...) end

return sync
