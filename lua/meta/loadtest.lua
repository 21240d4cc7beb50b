---@meta loadtest
-- loadtest.lua: what editors need to know of `require "loadtest"`. Nothing
-- loads this file.

---@class loadtest
---@field env table<string, string> the environment, and what -e gives
---@field vu integer number of the virtual user, from 1; 0 in setup and teardown
---@field iteration integer the virtual user's own, from 0
---@field scenario string the name of the scenario that it is in
local loadtest = {}

---@class loadtest.Metric
local Metric = {}

---@param value number|boolean true counts as 1
---@param tags? table<string, string|number|boolean> of this value
function Metric:add(value, tags) end

---Count each condition as passed or failed. Returns whether all passed.
---@generic T
---@param value T handed to the conditions that are functions
---@param conditions table<string, boolean|fun(value: T): any>
---@param tags? table<string, string|number|boolean> of these checks
---@return boolean
function loadtest.check(value, conditions, tags) end

---Run f; checks in it belong to the group, its time to group_duration.
---@generic T
---@param name string
---@param f fun(): T
---@return T
function loadtest.group(name, f) end

---@param seconds number
function loadtest.sleep(seconds) end

---End the iteration with an error.
---@param message? string
function loadtest.fail(message) end

---End the whole test, with exit code 108.
---@param message? string
function loadtest.abort(message) end

---@param name string letters, digits and '_'
---@param is_time? boolean values are milliseconds
---@return loadtest.Metric
function loadtest.Trend(name, is_time) end

---@param name string
---@return loadtest.Metric
function loadtest.Counter(name) end

---@param name string
---@return loadtest.Metric
function loadtest.Gauge(name) end

---@param name string
---@return loadtest.Metric
function loadtest.Rate(name) end

---Data that is made once and read by all virtual users of a thread.
---@generic T
---@param name string
---@param make fun(): T called by the first one that asks; returns a table
---@return T read-only
function loadtest.SharedArray(name, make) end

return loadtest
