--- For profile_cost.sh: nanoseconds of CPU that a lock and unlock of a mutex of
--- `sync` take, of `n`: free, and when each has to wait for another task.
local clock = require "clock"
local sync = require "sync"
local scheduler = require "scheduler"

local function lock_often(mutex, n)
  for _ = 1, n do
    mutex:lock()
    mutex:unlock()
  end
end

local function measure_free(n)
  local start = clock.thread()
  lock_often(sync.mutex "free", n)
  return (clock.thread() - start) / n * 1e9
end

--- Two tasks take turns: who unlocks hands it to the other, and waits again.
local function measure_wanted(n)
  local mutex, done = sync.mutex "wanted", sync.channel "done"
  mutex:lock()
  for _ = 1, 2 do
    scheduler.spawn(function()
      lock_often(mutex, n // 2)
      done:send(true)
    end)
  end
  scheduler.sleep(0.01) -- until both wait
  local start = clock.thread()
  mutex:unlock()
  done:receive()
  done:receive()
  return (clock.thread() - start) / n * 1e9
end

return {
  ["GET /free"] = function(req) return { ns = measure_free(tonumber(req.query.n)) } end,
  ["GET /wanted"] = function(req) return { ns = measure_wanted(tonumber(req.query.n)) } end,
}
