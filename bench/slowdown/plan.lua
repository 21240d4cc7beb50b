-- plan.lua PROGRAM STACKS TRUTH: prints the plan of slow.lua for the functions that
-- have more than 2 % of the time, themselves and in C functions that they call.
--
--   LINE SECONDS CALLS SECONDS_OF_RUN
local stacks = require "stacks"
local program, stacks_path, truth_path = table.unpack(arg)

local SMALLEST = 0.02

local sums, total = {}, 0
stacks.each(stacks_path, function(_, value, frames)
  local line = stacks.owner(frames, program)
  if line then sums[line] = (sums[line] or 0) + value end
  total = total + value
end)

local run_s
for text in io.lines(truth_path) do
  run_s = run_s or tonumber(text:match "^run\t(.*)")
  local line, calls = text:match "^function\t(%d+)\t%S+\t(%S+)"
  local share = line and (sums[tonumber(line)] or 0) / total
  if share and share > SMALLEST and tonumber(calls) > 0 then
    print(("%s %.9f %s %.9f"):format(line, share * run_s, calls, run_s))
  end
end
