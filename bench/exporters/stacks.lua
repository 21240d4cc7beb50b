-- stacks.lua: an exporter for bench/: a sample per line.
--
--   SAMPLES<tab>VALUE<tab>FRAME;FRAME;...<tab>KEY=VALUE<tab>...
--
-- The frames go from the root to the leaf: NAME@FILE:LINE:FIRST_LINE, where FILE
-- has no folders and FIRST_LINE is that of the function.

local function field(text) return (tostring(text):gsub("[\t\n;]", " ")) end

return {
  api = 1,
  name = "stacks",
  extension = ".txt",
  content_type = "text/plain",
  description = "For benches: a sample per line, with lines of code",
  export = function(profile, out)
    local frames = {}
    --- The functions of a location, the outermost first.
    local function frame(id)
      local names = {}
      for _, line in ipairs(profile:location(id).lines) do
        local func = profile:func(line.func)
        table.insert(names, 1, ("%s@%s:%d:%d"):format(field(func.name),
          field(func.filename:match "[^/]*$"), line.line, func.start_line))
      end
      if not names[1] then names[1] = "?@:0:0" end
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
        parts[k] = field(label.key) .. "=" .. field(label.str or label.num)
      end
      out:write(table.concat(values, "\t"), "\t", table.concat(stack, ";"), "\t",
        table.concat(parts, "\t"), "\n")
    end
  end,
}
