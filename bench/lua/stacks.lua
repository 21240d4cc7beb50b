-- stacks.lua: reads what exporters/stacks.lua writes.
local M = {}

--- Calls f(samples, value, frames, labels) for each sample of a file. `frames` go from
-- the root to the leaf: { name, file, line, first_line }.
function M.each(path, f)
  for text in io.lines(path) do
    local count, value, stack, rest = text:match "^(%d+)\t(%d+)\t([^\t]*)\t(.*)$"
    local frames, labels = {}, {}
    for name, file, line, first in stack:gmatch "([^;]-)@([^;:@]*):(%-?%d+):(%-?%d+)" do
      frames[#frames + 1] = { name = name, file = file, line = tonumber(line),
        first_line = tonumber(first) }
    end
    for key, text_value in rest:gmatch "([^\t=]+)=([^\t]*)" do labels[key] = text_value end
    f(tonumber(count), tonumber(value), frames, labels)
  end
end

--- Returns the first line of the function of the program whose time a sample is: of the
-- innermost frame in the program's file. Returns nil if there is none.
function M.owner(frames, program)
  for i = #frames, 1, -1 do
    if frames[i].file == program .. ".lua" then return frames[i].first_line end
  end
end

return M
