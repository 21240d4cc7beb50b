-- folded.lua: writes one line per stack, root first, for flame graph tools:
--
--   main@data.lua;data.sort_rows;table.sort 1200
local values = require "lib.values"

--- Returns a frame's name in a form that fits into a line. `;` separates
-- frames, and the value follows the last blank. So a name must not contain `;`,
-- and must not end in a blank and a number, which tools take for a second
-- value.
local function escape(name)
  name = name:gsub("%c", " "):gsub(";", ":"):gsub("%s+(%d+%.?%d*)$", "_%1")
  return name ~= "" and name or "?"
end

--- Returns, by location id, the joined frames of the location, root first, with
-- inlined functions.
local function read_frames(profile)
  local _, n_locations, n_functions = profile:counts()
  local names, frames = {}, {}
  for id = 1, n_functions do
    local f = profile:func(id)
    names[id] = escape(f.name ~= "" and f.name or f.system_name)
  end
  for id = 1, n_locations do
    local location, parts = profile:location(id), {}
    for i = #location.lines, 1, -1 do
      parts[#parts + 1] = names[location.lines[i].func]
    end
    if #parts == 0 then parts[1] = ("0x%x"):format(location.address) end
    frames[id] = table.concat(parts, ";")
  end
  return frames
end

local function fold(locations, frames)
  local stack, n = {}, #locations
  for i = n, 1, -1 do stack[n - i + 1] = frames[locations[i]] end
  return table.concat(stack, ";")
end

return {
  api = 1,
  name = "folded",
  extension = ".folded",
  content_type = "text/plain; charset=utf-8",
  description = "Folded stacks, one per line: flame graph scripts, speedscope",
  export = function(profile, out, options)
    local index = values.index(profile:header(), options)
    local frames, totals, stacks = read_frames(profile), {}, {}
    local locations, sample_values, labels
    for i = 1, (profile:counts()) do
      locations, sample_values, labels =
        profile:sample(i, locations, sample_values, labels)
      local stack = #locations > 0 and fold(locations, frames) or "?"
      if not totals[stack] then
        totals[stack] = 0
        stacks[#stacks + 1] = stack
      end
      totals[stack] = totals[stack] + sample_values[index]
    end
    table.sort(stacks)
    for _, stack in ipairs(stacks) do
      if totals[stack] ~= 0 then
        out:write(stack, " ", totals[stack], "\n")
      end
    end
  end,
}
