-- pprof.lua: writes the format of `go tool pprof`, gzipped
-- (proto/profile.proto).
local proto = require "proto"

local MESSAGE = "perftools.profiles.Profile"
local BATCH = 1000 -- entries encoded at once: messages concatenate

--- Returns a string table and a function `id(s)`, which returns the position of
-- s and adds s if it is new. Positions count from 0, the position of "".
local function new_strings()
  local list, ids = { "" }, { [""] = 0 }
  local function id(s)
    local found = ids[s]
    if not found then
      found = #list
      ids[s] = found
      list[found + 1] = s
    end
    return found
  end
  return list, id
end

local function value_type(string_id, t)
  return { type = string_id(t.type), unit = string_id(t.unit) }
end

local function encode_header(profile, string_id)
  local header = profile:header()
  local types, comments = {}, {}
  for i, t in ipairs(header.sample_types) do
    types[i] = value_type(string_id, t)
  end
  for i, text in ipairs(header.comments) do comments[i] = string_id(text) end
  local period_type = header.period_type
  local has_period = period_type.type ~= "" or period_type.unit ~= ""
  return proto.encode(MESSAGE, {
    sample_type = types,
    drop_frames = string_id(header.drop_frames),
    keep_frames = string_id(header.keep_frames),
    time_nanos = header.time_ns,
    duration_nanos = header.duration_ns,
    period_type = has_period and value_type(string_id, period_type) or nil,
    period = header.period,
    comment = comments,
    default_sample_type = string_id(header.default_sample_type),
    doc_url = string_id(header.doc_url),
  })
end

local function mapping(profile, string_id, id)
  local m = profile:mapping(id)
  return {
    id = id,
    memory_start = m.start,
    memory_limit = m.limit,
    file_offset = m.offset,
    filename = string_id(m.filename),
    build_id = string_id(m.build_id),
    has_functions = m.has_functions,
    has_filenames = m.has_filenames,
    has_line_numbers = m.has_line_numbers,
    has_inline_frames = m.has_inline_frames,
  }
end

local function func(profile, string_id, id)
  local f = profile:func(id)
  return {
    id = id,
    name = string_id(f.name),
    system_name = string_id(f.system_name),
    filename = string_id(f.filename),
    start_line = f.start_line,
  }
end

local function location(profile, _, id)
  local l = profile:location(id)
  local lines = {}
  for i, line in ipairs(l.lines) do
    lines[i] = {
      function_id = line.func, line = line.line, column = line.column,
    }
  end
  return {
    id = id,
    mapping_id = l.mapping,
    address = l.address,
    line = lines,
    is_folded = l.is_folded,
  }
end

--- Fills `entry` anew: the tables that hold the profile's sample become those
-- of the message.
local function sample(profile, string_id, i, entry)
  local locations, values, labels =
    profile:sample(i, entry.location_id, entry.value, entry.label)
  for _, label in ipairs(labels) do
    label.key = string_id(label.key)
    label.str = label.str and string_id(label.str)
    label.num_unit = label.unit and string_id(label.unit)
    label.unit = nil
  end
  entry.location_id, entry.value, entry.label = locations, values, labels
  return entry
end

--- Writes entries 1 to n of one field. `make` makes an entry and may reuse the
-- table that it made for an earlier batch.
local function write_all(profile, out, string_id, field, n, make)
  local batch = {}
  for first = 1, n, BATCH do
    local last = math.min(n, first + BATCH - 1)
    for i = first, last do
      local slot = i - first + 1
      batch[slot] = make(profile, string_id, i, batch[slot] or {})
    end
    for slot = last - first + 2, #batch do batch[slot] = nil end
    out:write(proto.encode(MESSAGE, { [field] = batch }))
  end
end

return {
  api = 1,
  name = "pprof",
  extension = ".pb.gz",
  content_type = "application/octet-stream",
  description = "Go's pprof format: go tool pprof FILE",
  export = function(profile, out)
    local strings, string_id = new_strings()
    local samples, locations, functions, mappings = profile:counts()
    out:gzip()
    out:write(encode_header(profile, string_id))
    write_all(profile, out, string_id, "sample", samples, sample)
    write_all(profile, out, string_id, "mapping", mappings, mapping)
    write_all(profile, out, string_id, "location", locations, location)
    write_all(profile, out, string_id, "function", functions, func)
    out:write(proto.encode(MESSAGE, { string_table = strings }))
  end,
}
