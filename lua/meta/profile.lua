---@meta profile
--- Labels that a script attaches to its samples, in profiles of every kind, for
--- example for `go tool pprof -tagfocus`. The first 100 values of a label are
--- kept, further values become "other". Labels beyond the first 32, and labels
--- that would make more than 20,000 combinations, are left out.
local profile = {}

--- Sets labels until the request, or the call of the timer, ends.
---@param labels table<string, string|number|boolean>
function profile.labels(labels) end

--- Sets labels while f runs. Returns the results of f.
---@generic T
---@param labels table<string, string|number|boolean>
---@param f fun(...): T
---@return T
function profile.with(labels, f, ...) end

return profile
