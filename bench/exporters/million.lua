-- million.lua: an exporter that writes a profile made for benchmarks. It has as
-- many samples as the period of the exporter's input says, on up to 100,000
-- stacks of 11 to 30 frames. With sample_index=labels each sample has a label of
-- its own, so that no two samples can be merged.
local proto = require "proto"

local MESSAGE = "perftools.profiles.Profile"
local FUNCTIONS, LOCATIONS, STACKS = 5000, 20000, 100000
local BATCH = 1000
local STRINGS = {
  "", "samples", "count", "cpu", "nanoseconds", "request", "app.go",
}

local seed = 1

--- From 1 to n, the same in every run (Knuth's MMIX).
local function draw(n)
  seed = seed * 6364136223846793005 + 1442695040888963407
  return (seed >> 33) % n + 1
end

local function tables()
  local strings, functions, locations = { table.unpack(STRINGS) }, {}, {}
  for i = 1, FUNCTIONS do
    strings[#STRINGS + i] = ("module%d.function_%d"):format(i % 97, i)
    functions[i] = {
      id = i, name = #STRINGS + i - 1, filename = 6, start_line = i,
    }
  end
  for i = 1, LOCATIONS do
    locations[i] = {
      id = i, mapping_id = 1, address = 0x400000 + i * 16,
      line = { { function_id = i % FUNCTIONS + 1, line = i } },
    }
  end
  return {
    sample_type = { { type = 1, unit = 2 }, { type = 3, unit = 4 } },
    period_type = { type = 3, unit = 4 },
    period = 10000000,
    mapping = {
      { id = 1, memory_start = 0x400000, memory_limit = 0x4000000,
        filename = 6, has_functions = true },
    },
    ["function"] = functions,
    location = locations,
    string_table = strings,
  }
end

local function stacks(n)
  local list = {}
  for i = 1, n do
    local stack = {}
    for depth = 1, 10 + draw(20) do stack[depth] = draw(LOCATIONS) end
    list[i] = stack
  end
  return list
end

return {
  api = 1,
  name = "million",
  extension = ".pb",
  content_type = "application/octet-stream",
  description = "For benchmarks: a large profile",
  export = function(profile, out, options)
    local is_labelled = options.sample_index == "labels"
    local n_samples = profile:header().period
    local n_stacks = math.min(STACKS, n_samples)
    local list, batch = stacks(n_stacks), {}
    out:gzip()
    out:write(proto.encode(MESSAGE, tables()))
    for i = 1, n_samples do
      batch[(i - 1) % BATCH + 1] = {
        location_id = list[(i - 1) % n_stacks + 1],
        value = { 1, 10000000 },
        label = { is_labelled and { key = 5, num = i } or nil },
      }
      if i % BATCH == 0 then
        out:write(proto.encode(MESSAGE, { sample = batch }))
      end
    end
  end,
}
