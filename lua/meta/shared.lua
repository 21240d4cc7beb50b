---@meta shared
--- Values that all workers share, by key, in dicts that have a name.
local shared = {}

--- The dict of a name, which holds so many bytes: keys, values and 112 bytes for
--- each entry. When it is full, what was used least lately goes.
---@param name string
---@param bytes? integer 1 MiB, or that of the dict if it is there already
---@return Dict
function shared.dict(name, bytes) end

---@class Dict
local Dict = {}

--- A copy of a key's value, nil where there is none.
---@param key string up to 1024 bytes
---@return any
function Dict:get(key) end

---@param key string
---@param value any boolean, number, string, json.null, or a table of these
---@param seconds? number after which it is forgotten
function Dict:set(key, value, seconds) end

--- Set a key that has no value.
---@param key string
---@param value any
---@param seconds? number
---@return boolean was_set false: it has one
function Dict:add(key, value, seconds) end

--- Add to a key's number, at once for all workers.
---@param key string
---@param by? number 1
---@param initial? number 0: what a key without a value counts for
---@return number sum
function Dict:incr(key, by, initial) end

---@param key string
---@return boolean had_one
function Dict:delete(key) end

---@return integer keys
function Dict:count() end

---@param most? integer 1024
---@return string[] keys those used last first
function Dict:keys(most) end

return shared
