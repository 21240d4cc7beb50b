---@meta shared
--- Values that all workers share, under keys, in dicts that have names.
local shared = {}

--- Returns the dict of a name. `bytes` limits its keys and values together with
--- 112 bytes for each entry. When the dict is full, it drops the entry that has
--- not been used for the longest time.
---@param name string
---@param bytes? integer 1 MiB by default, or the size of a dict that exists
---@return Dict
function shared.dict(name, bytes) end

---@class Dict
local Dict = {}

--- Returns a copy of the value of a key, or nil if the key has no value.
---@param key string up to 1024 bytes
---@return any
function Dict:get(key) end

--- Sets the value of a key.
---@param key string
---@param value any boolean, number, string, json.null, or a table of these
---@param seconds? number after which the value is removed
function Dict:set(key, value, seconds) end

--- Sets the value of a key that has no value.
---@param key string
---@param value any
---@param seconds? number
---@return boolean was_set false if the key has a value
function Dict:add(key, value, seconds) end

--- Adds to the number of a key, as one step that no other worker interrupts.
---@param key string
---@param by? number 1 by default
---@param initial? number the value of a key that has none; 0 by default
---@return number sum
function Dict:incr(key, by, initial) end

--- Removes the value of a key.
---@param key string
---@return boolean had_one
function Dict:delete(key) end

--- Returns how many keys have a value.
---@return integer keys
function Dict:count() end

--- Returns the keys, the one used last first.
---@param most? integer how many keys at most, 1024 by default
---@return string[] keys
function Dict:keys(most) end

return shared
