-- values.lua: chooses the sample type that an exporter shows.
local M = {}

--- Returns the position of the sample type. The option `sample_index` is a name
-- or a position from 0, as for `go tool pprof`. Without the option, the default
-- of the profile is taken, or its last sample type. Raises if there is no such
-- type.
---@param header table  the result of profile:header()
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
