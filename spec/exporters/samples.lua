-- samples.lua: an exporter that writes the samples of a profile one per line,
-- for sampling.lua: the values, the stack from the root to the leaf, and the
-- labels. The first line has the profile's begin and length and the names of
-- the values.

--- A text without the bytes that separate fields.
local function field(text) return (tostring(text):gsub("[\t\n;]", " ")) end

return {
  api = 1,
  name = "samples",
  extension = ".txt",
  content_type = "text/plain",
  description = "For tests: a sample per line",
  export = function(profile, out)
    local header, types, frames = profile:header(), {}, {}
    for i, type in ipairs(header.sample_types) do types[i] = type.type end
    out:write(header.time_ns, " ", header.duration_ns, " ",
      table.concat(types, " "), "\n")
    --- The functions of a location, the outermost first.
    local function frame(id)
      local names = {}
      for i, line in ipairs(profile:location(id).lines) do
        names[i] = field(profile:func(line.func).name)
      end
      for i = 1, #names // 2 do
        names[i], names[#names + 1 - i] = names[#names + 1 - i], names[i]
      end
      return table.concat(names, ";")
    end
    for i = 1, (profile:counts()) do
      local ids, values, labels = profile:sample(i)
      local stack, parts = {}, {}
      for k, id in ipairs(ids) do
        frames[id] = frames[id] or frame(id)
        stack[#ids + 1 - k] = frames[id]
      end
      for k, label in ipairs(labels) do
        parts[k] = field(label.key) .. "=" ..
          field(label.str ~= "" and label.str or label.num)
      end
      out:write(table.concat(values, " "), "\t", table.concat(stack, ";"), "\t",
        table.concat(parts, "\t"), "\n")
    end
  end,
}
