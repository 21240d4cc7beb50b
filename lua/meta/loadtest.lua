---@meta loadtest
-- loadtest.lua: describes `require "loadtest"` for editors. No program loads
-- this file.

---@class loadtest
---@field env table<string, string> the environment and the variables of -e
---@field vu integer the number of the virtual user, from 1; 0 in setup and teardown
---@field iteration integer the number of the virtual user's iteration, from 0
---@field scenario string the name of the scenario of the virtual user
local loadtest = {}

---@class loadtest.Metric
local Metric = {}

---Adds a value to the metric.
---@param value number|boolean true counts as 1
---@param tags? table<string, string|number|boolean> tags of this value
function Metric:add(value, tags) end

---Counts each condition as passed or failed. Returns true if all have passed.
---@generic T
---@param value T the argument of the conditions that are functions
---@param conditions table<string, boolean|fun(value: T): any>
---@param tags? table<string, string|number|boolean> tags of these checks
---@return boolean
function loadtest.check(value, conditions, tags) end

---Calls f and returns its result. Checks in f belong to the group, and the
---metric group_duration gets its time.
---@generic T
---@param name string
---@param f fun(): T
---@return T
function loadtest.group(name, f) end

---Lets the virtual user wait.
---@param seconds number
function loadtest.sleep(seconds) end

---Ends the iteration with an error.
---@param message? string
function loadtest.fail(message) end

---Ends the whole test, with exit code 108.
---@param message? string
function loadtest.abort(message) end

---Returns a metric of statistics: percentiles, average, least and greatest.
---@param name string letters, digits and '_'
---@param is_time? boolean true: values are milliseconds
---@return loadtest.Metric
function loadtest.Trend(name, is_time) end

---Returns a metric that sums up its values.
---@param name string
---@return loadtest.Metric
function loadtest.Counter(name) end

---Returns a metric that keeps the last value.
---@param name string
---@return loadtest.Metric
function loadtest.Gauge(name) end

---Returns a metric of the share of values that are not zero.
---@param name string
---@return loadtest.Metric
function loadtest.Rate(name) end

---Returns data that is made once and read by all virtual users of a thread.
---@generic T
---@param name string
---@param make fun(): T makes the table; the first virtual user calls it
---@return T read-only
function loadtest.SharedArray(name, make) end

return loadtest
