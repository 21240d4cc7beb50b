---@meta profile
--- Labels of the script's own, in profiles of every kind: for `go tool pprof
--- -tagfocus` and the like. Of a label, the first 100 values are kept; those
--- beyond are "other". Labels beyond the first 32, and those that would make more
--- than 20,000 different combinations, are left out.
local profile = {}

--- For the rest of the request, or of the timer's call.
---@param labels table<string, string|number|boolean>
function profile.labels(labels) end

--- While f runs. Returns what f returns.
---@generic T
---@param labels table<string, string|number|boolean>
---@param f fun(...): T
---@return T
function profile.with(labels, f, ...) end

return profile
