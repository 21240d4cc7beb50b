-- routes.lua: the case `threads`: eight threads of a server, each with its own
-- proportion of two functions. `GET /work?seconds=N` makes them work for so long, and
-- answers with the truth.
-- Seconds: 5
local sync = require "sync"
local thread = require "thread"

local THREADS = 8

local function work(i, seconds)
  local clock = require "clock"
  local function spin(n)
    local x = 0
    for k = 1, n do x = x + k % 7 end
    return x
  end
  local function first() spin(30000 * i) end
  local function second() spin(30000 * (9 - i)) end
  local now = clock.thread
  local in_first, in_second, stop = 0, 0, clock.mono() + seconds
  while clock.mono() < stop do
    local start = now()
    first()
    local middle = now()
    second()
    in_first, in_second = in_first + middle - start, in_second + now() - middle
  end
  require("sync").channel("truth", 8):send { in_first, in_second, now() }
end

return {
  ["GET /work"] = function(req)
    local channel = sync.channel("truth", THREADS)
    for i = 1, THREADS do thread.spawn(work, i, tonumber(req.query.seconds)) end
    local first, second, total = 0, 0, 0
    for _ = 1, THREADS do
      local truth = channel:receive()
      first, second, total = first + truth[1], second + truth[2], total + truth[3]
    end
    return ("total\t%f\nfunction\troutes.first\t%f\nfunction\troutes.second\t%f\n")
      :format(total, first, second)
  end,
}
