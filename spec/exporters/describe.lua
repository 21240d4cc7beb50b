-- describe.lua: an exporter that writes all that a profile says, as text.

--- A value on one line, the same for equal values.
local function show(value)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for i, item in ipairs(value) do parts[i] = show(item) end
  local keys = {}
  for key in pairs(value) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  for _, key in ipairs(keys) do
    parts[#parts + 1] = key .. "=" .. show(value[key])
  end
  return "{" .. table.concat(parts, " ") .. "}"
end

return {
  api = 1,
  name = "describe",
  extension = ".txt",
  content_type = "text/plain",
  description = "For tests: all that a profile says",
  export = function(profile, out)
    local samples, locations, functions, mappings = profile:counts()
    out:write("header ", show(profile:header()), "\n")
    for id = 1, mappings do
      out:write("mapping ", id, " ", show(profile:mapping(id)), "\n")
    end
    for id = 1, functions do
      out:write("function ", id, " ", show(profile:func(id)), "\n")
    end
    for id = 1, locations do
      out:write("location ", id, " ", show(profile:location(id)), "\n")
    end
    for i = 1, samples do
      local stack, values, labels = profile:sample(i)
      table.sort(labels, function(a, b) return a.key < b.key end)
      out:write("sample ", i, " ", show(stack), " ", show(values), " ",
        show(labels), "\n")
    end
  end,
}
