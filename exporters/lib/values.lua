-- values.lua: which of a profile's sample types an exporter is to show.
local M = {}

--- The position of the sample type: `sample_index` in the options, a name or a
-- position from 0 as `go tool pprof` takes it; else the profile's default,
-- else its last.
---@param header table  what profile:header() gives
---@param options table
---@return integer position  from 1
function M.index(header, options)
  local types = header.sample_types
  local wanted = options.sample_index or header.default_sample_type
  if wanted == "" then return #types end
  local names = {}
  for i, t in ipairs(types) do
    if t.type == wanted then return i end
    names[i] = t.type
  end
  local position = math.tointeger(tonumber(wanted))
  if position and types[position + 1] then return position + 1 end
  if not options.sample_index then return #types end
  error(("unknown sample_index '%s': there are %s")
    :format(wanted, table.concat(names, ", ")), 0)
end

return M
