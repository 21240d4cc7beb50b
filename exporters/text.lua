-- text.lua: writes the text of Go's net/http/pprof for debug=1: one record per
-- stack, leaf first, with addresses and then names. A location without an
-- address (the function of a script) is written with the number of the
-- location.
--
-- The forms are those of runtime/pprof: writeHeapInternal, printCountProfile,
-- writeProfileInternal.

--- Returns the values of a sample of a heap profile as they were sampled,
-- before scaling. Readers of this form scale the values by the mean size of the
-- objects and the rate.
local function unscale(objects, bytes, rate)
  if objects == 0 or bytes == 0 or rate <= 1 then return objects, bytes end
  local share = 1 - math.exp(-bytes / objects / rate)
  return math.floor(objects * share + 0.5), math.floor(bytes * share + 0.5)
end

local function address_of(location, id)
  return location.address ~= 0 and location.address or id
end

--- Writes a frame. In Go, the offset into the function follows the name. The
-- offset is unknown and written as +0x0, unless the name ends in an offset, as
-- the names of libraries without symbols do.
local function write_line(out, address, func, line)
  local offset = func.name:find "%+0x%x+$" and "" or "+0x0"
  local place = func.filename ~= "" and ("%s:%d"):format(func.filename, line) or ""
  out:write(("#\t0x%x\t%s%s\t%s\n"):format(address, func.name, offset, place))
end

local function write_stack(out, profile, locations)
  for _, id in ipairs(locations) do
    local location = profile:location(id)
    local address = address_of(location, id)
    if #location.lines == 0 then out:write(("#\t0x%x\n"):format(address)) end
    for _, line in ipairs(location.lines) do
      write_line(out, address, profile:func(line.func), line.line)
    end
  end
  out:write("\n")
end

local function write_labels(out, labels)
  local parts = {}
  for i, label in ipairs(labels) do
    parts[i] = ("%q:%q"):format(label.key,
      label.str ~= "" and label.str or tostring(label.num))
  end
  if #parts > 0 then
    table.sort(parts)
    out:write("# labels: {", table.concat(parts, ", "), "}\n")
  end
end

--- Returns all samples as { values, locations, labels }, the largest first.
local function read(profile, index)
  local list = {}
  for i = 1, (profile:counts()) do
    local locations, values, labels = profile:sample(i)
    list[i] = { values = values, locations = locations, labels = labels,
      place = i }
  end
  table.sort(list, function(a, b)
    if a.values[index] ~= b.values[index] then
      return a.values[index] > b.values[index]
    end
    return a.place < b.place
  end)
  return list
end

--- Writes a record per sample. `head(values)` returns the text before its @.
local function write_records(out, profile, list, head)
  for _, sample in ipairs(list) do
    out:write(head(sample.values), " @")
    for _, id in ipairs(sample.locations) do
      out:write((" 0x%x"):format(address_of(profile:location(id), id)))
    end
    out:write("\n")
    write_labels(out, sample.labels)
    write_stack(out, profile, sample.locations)
  end
end

local function write_heap(out, profile, header)
  local list, rate = read(profile, 4), header.period
  local sums = { 0, 0, 0, 0 }
  for _, sample in ipairs(list) do
    local v = sample.values
    v[1], v[2] = unscale(v[1], v[2], rate)
    v[3], v[4] = unscale(v[3], v[4], rate)
    for i = 1, 4 do sums[i] = sums[i] + v[i] end
  end
  local function head(v)
    return ("%d: %d [%d: %d]"):format(v[3], v[4], v[1], v[2])
  end
  -- Go writes twice the rate.
  out:write(("heap profile: %s @ heap/%d\n"):format(head(sums), 2 * rate))
  write_records(out, profile, list, head)
end

local function write_contention(out, profile, name)
  out:write(("--- %s:\ncycles/second=1000000000\n"):format(name))
  if name == "mutex" then out:write("sampling period=1\n") end
  write_records(out, profile, read(profile, 2), function(v)
    return ("%d %d"):format(v[2], v[1])
  end)
end

local function write_counts(out, profile, name, index)
  local list, total = read(profile, index), 0
  for _, sample in ipairs(list) do total = total + sample.values[index] end
  out:write(("%s profile: total %d\n"):format(name, total))
  write_records(out, profile, list, function(v)
    return tostring(v[index])
  end)
end

return {
  api = 1,
  name = "text",
  extension = ".txt",
  content_type = "text/plain; charset=utf-8",
  description = "Stacks in full, as Go's debug=1 writes them",
  export = function(profile, out, options)
    local header = profile:header()
    local first = header.sample_types[1].type
    if first == "alloc_objects" and #header.sample_types == 4 then
      write_heap(out, profile, header)
    elseif first == "contentions" then
      write_contention(out, profile,
        options.kind == "mutex" and "mutex" or "contention")
    else
      local index = #header.sample_types
      write_counts(out, profile, options.kind or header.sample_types[index].type,
        index)
    end
  end,
}
