-- go_pprof.lua: runs pprof of the Go toolchain, the reader that profiles are made
-- for.
--
-- `go tool pprof` searches for the program at each call, and builds it at the first
-- call of a new installation. That takes 0.2 s of CPU time, five times as long as
-- the program itself takes for a small profile, so the path is asked for once.
local support = require "support"

local M = {}

local command

local function find()
  for _ = 1, 2 do
    local code, out = support.run "go tool -n pprof"
    local path = code == 0 and out:match "^%S+"
    if path and support.exists(path) then return support.quote(path) end
    support.run "go tool pprof -h"
  end
  return "go tool pprof"
end

--- Runs `go tool pprof ARGUMENTS`. The profiles that it fetches are saved in
-- `folder`. Returns the exit code, stdout and stderr.
function M.run(arguments, folder)
  command = command or find()
  return support.run(("PPROF_TMPDIR=%s %s %s"):format(folder, command, arguments))
end

--- Runs `go tool pprof ARGUMENTS`, which must not fail. Returns stdout.
function M.read(arguments, folder)
  local code, out, err = M.run(arguments, folder)
  if code ~= 0 then error("go tool pprof " .. arguments .. ": " .. err, 2) end
  return out
end

return M
