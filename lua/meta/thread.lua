---@meta thread
--- Threads of the operating system, for work that would hold up a worker.
local thread = {}

--- Call a function on a thread of its own, in a Lua state of its own, where it
--- may wait as a handler may. It takes nothing of this state along: it must not
--- use local variables of what is round it, but may require modules. Arguments
--- are copied, as the messages of a channel are; what it returns is thrown away:
--- answers come by `sync.channel`. An error ends the thread, and is logged.
---
--- The thread ends with the function, or with the scripts that spawned it, when
--- they have been reloaded or the server stops: its wait is then given up.
---@param f fun(...)
---@param ... any nil, booleans, numbers, strings, and tables of these
function thread.spawn(f, ...) end

return thread
