---@meta thread
--- Threads of the operating system, for work that would block a worker.
local thread = {}

--- Calls a function on a thread of its own, in a Lua state of its own, where
--- the function may wait as a handler may. The function must not use local
--- variables of the code around it, but it may require modules. Arguments are
--- copied like the messages of a channel. Results are discarded: a function
--- answers by `sync.channel`. An error ends the thread and is logged.
---
--- The thread ends when the function returns. It also ends, and its wait is
--- given up, when the scripts that spawned it are reloaded or the server stops.
---@param f fun(...)
---@param ... any nil, booleans, numbers, strings, and tables of these
function thread.spawn(f, ...) end

return thread
