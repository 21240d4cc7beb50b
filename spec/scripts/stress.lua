-- stress.lua: every way in which Lua enters and leaves functions, in random
-- order, for SECONDS of CPU time (argument 1). A sampler must survive it.
local clock = require "clock"

local function deep(n)
  if n == 0 then return 1 end
  return 1 + deep(n - 1)
end

local function count(...) return select("#", ...) end

local function loop()
  local s = 0
  for i = 1, 100 do s = s + i end
  return s
end

local closing = { __close = loop }
local finalized = { __gc = function() return { loop(), {}, {} } end }
local magic = {
  __index = function(_, key) return key end,
  __concat = function() return "joined" end,
}

local operations = {
  function() deep(math.random(1, 300)) end,
  function() pcall(deep, 190000) end,
  function() pcall(function() local t = nil; t.x = 1 end) end,
  function() -- a coroutine that ends in an error
    local co = coroutine.wrap(function()
      for i = 1, 10 do coroutine.yield(i) end
      error("at the end")
    end)
    for _ = 1, 12 do pcall(co) end
  end,
  function() -- closed while it waits, with work to do
    local co = coroutine.create(function()
      local _ <close> = setmetatable({}, closing)
      coroutine.yield()
    end)
    coroutine.resume(co)
    coroutine.close(co)
  end,
  function() for _ = 1, 100 do setmetatable({}, finalized) end end,
  function() collectgarbage("step", 1) end,
  function()
    local numbers = {}
    for i = 1, 500 do numbers[i] = math.random(1000) end
    table.sort(numbers, function(a, b) return a < b end)
  end,
  function()
    ("abc def ghi"):rep(50):gsub("%w+", function(w) return w:upper() end)
  end,
  function() load("local a = ... return a + 1")(3) end,
  function() count(table.unpack({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 })) end,
  function()
    local object = setmetatable({}, magic)
    for i = 1, 50 do local _ = object[i] .. object end
  end,
  function() -- a hook of the user's own
    debug.sethook(function() end, "crl", 10)
    deep(20)
    debug.sethook()
  end,
  function() -- abandoned, for the collector
    for _ = 1, 50 do
      coroutine.resume(coroutine.create(coroutine.yield))
    end
  end,
  function() return string.format("%s %d %q", "a", 3, "z\n") end,
  function() pcall(string.rep, "x", -1) pcall(string.rep) end,
  function() xpcall(error, function() return debug.traceback("x") end, {}) end,
  function()
    local function countdown(n)
      if n == 0 then return 0 end
      return countdown(n - 1)
    end
    countdown(1000)
  end,
}

local stop = clock.thread() + tonumber((...))
while clock.thread() < stop do operations[math.random(#operations)]() end
