-- hook.lua CASE: runs a case under the profiler that is usual for Lua: a count hook
-- in Lua, which walks the stack. Coroutines get the hook when they are made. At the
-- end the stacks are written to the file that HOOK_STACKS names, in the format of
-- exporters/stacks.lua.
local COUNT = 10007 -- instructions; a prime, so as not to keep step with a loop
local MAX_DEPTH = 100 -- debug.getinfo takes longer, the deeper the level is
local counts = {}

local names = {}

--- Returns the name in the line in which the function begins, or that of its call.
local function name_of(info)
  local key = info.source .. ":" .. info.linedefined
  if not names[key] and info.source:find "^@" and info.linedefined > 0 then
    local n = 0
    for line in io.lines(info.source:sub(2)) do
      n = n + 1
      if n == info.linedefined then
        names[key] = line:match "function%s+([%w_.:]+)" or line:match "([%w_]+)%s*=%s*function"
      end
    end
  end
  return names[key] or info.name or "?"
end

local function frame(info)
  local file = info.short_src:match "[^/]*$"
  return ("%s@%s:%d:%d"):format(name_of(info), file, info.currentline, info.linedefined)
end

local function hook()
  local frames, level = {}, 2
  local info = debug.getinfo(level, "nSl")
  while info and level < MAX_DEPTH do
    table.insert(frames, 1, frame(info))
    level = level + 1
    info = debug.getinfo(level, "nSl")
  end
  local stack = table.concat(frames, ";")
  counts[stack] = (counts[stack] or 0) + 1
end

local create = coroutine.create
function coroutine.create(f)
  local thread = create(f)
  debug.sethook(thread, hook, "", COUNT)
  return thread
end
function coroutine.wrap(f)
  local thread = coroutine.create(f)
  local function pass(ok, ...)
    if not ok then error(..., 0) end
    return ...
  end
  return function(...) return pass(coroutine.resume(thread, ...)) end
end

arg.case = table.remove(arg, 1)
debug.sethook(hook, "", COUNT)
dofile(arg.case)
debug.sethook()

local out = assert(io.open(os.getenv "HOOK_STACKS", "w"))
for stack, count in pairs(counts) do out:write(count, "\t", count, "\t", stack, "\t\n") end
out:close()
