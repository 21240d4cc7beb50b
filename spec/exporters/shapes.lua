-- shapes.lua: an exporter that writes one profile whatever it is given: what
-- is rare in profiles, each thing once. Not gzipped.
local proto = require "proto"

local strings, ids = { "" }, { [""] = 0 }

local function s(text)
  if not ids[text] then
    ids[text] = #strings
    strings[#strings + 1] = text
  end
  return ids[text]
end

local functions = {}

local function func(name, line)
  local id = 10 + #functions
  functions[#functions + 1] = {
    id = id, name = s(name), system_name = s(name ~= "" and "_Z" .. name or ""),
    filename = s "shapes.lua", start_line = line,
  }
  return id
end

local locations = {}

--- Of one frame for each name, the innermost first.
local function location(...)
  local lines = {}
  for i, name in ipairs { ... } do
    lines[i] = { function_id = func(name, i), line = -i, column = i }
  end
  local id = 1000 - #locations
  locations[#locations + 1] = {
    id = id, address = 0x1000 + #locations, line = lines, mapping_id = 5,
    is_folded = #lines > 1,
  }
  return id
end

local main = location "main"
local semicolon = location "a;b"
local newline = location "two\r\nlines\0and\ttabs"
local digits = location "worker 12"
local decimal = location "ratio 1.5"
local inlined = location("innermost", "middle", "outer")
local nameless = location()
local empty = location ""
local mangled = location "mangled"
functions[#functions].name = 0 -- its system_name is all there is
local unicode = location "größe λ"
local twin = location "main" -- another place, the same name

local function label(key, str) return { key = s(key), str = s(str) } end

local function number(key, num, unit)
  return { key = s(key), num = num, num_unit = s(unit) }
end

local samples = {
  { location_id = { main }, value = { 1, 100 } },
  { location_id = { twin }, value = { 2, 200 } },
  { location_id = { semicolon, newline, main }, value = { 1, 10 } },
  { location_id = { digits, decimal, main }, value = { 1, 11 } },
  { location_id = { inlined, main }, value = { 1, 12 } },
  { location_id = { nameless, empty, main }, value = { 1, 13 } },
  { location_id = { unicode, main }, value = { 1, 14 },
    label = { label("route", "/data"), number("bytes", -5, "bytes") } },
  { location_id = { unicode, main }, value = { 1, 15 },
    label = { label("route", "/other"), number("bytes", 5, "") } },
  { location_id = { main, main, main }, value = { 1, 0 } },
  { location_id = {}, value = { 1, 16 } },
  { location_id = { mangled, main }, value = { 1, 17 } },
  { location_id = { semicolon, main }, value = { 1, math.maxinteger } },
}

return {
  api = 1,
  name = "shapes",
  extension = ".pb",
  content_type = "application/octet-stream",
  description = "For tests: a profile with one of everything",
  export = function(_, out)
    local profile = {
      sample_type = {
        { type = s "samples", unit = s "count" },
        { type = s "cpu", unit = s "nanoseconds" },
      },
      sample = samples,
      mapping = {
        { id = 5, memory_start = -1 << 63, memory_limit = -1, file_offset = 7,
          filename = s "/bin/shapes", build_id = s "abc",
          has_functions = true, has_line_numbers = true },
        { id = 1, has_filenames = true, has_inline_frames = true },
      },
      location = locations,
      ["function"] = functions,
      drop_frames = s "drop.*",
      keep_frames = s "keep.*",
      time_nanos = math.maxinteger,
      duration_nanos = -1,
      period_type = { type = s "cpu", unit = s "nanoseconds" },
      period = 10000000,
      comment = { s "first", s "", s "second" },
      default_sample_type = s "cpu",
      doc_url = s "https://example.org/doc",
      string_table = strings,
    }
    out:write(proto.encode("perftools.profiles.Profile", profile))
  end,
}
