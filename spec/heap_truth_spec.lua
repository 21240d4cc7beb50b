-- heap_truth_spec.lua: the heap profiles of a server at a rate of 64 KiB against
-- scripts that know what they allocate (scripts/heap.lua). For each type, the memory
-- that was allocated and the memory that is live are right within 5 %, and no live
-- memory is left once the objects are released.
--
-- Tolerance: a sum of S bytes that is sampled every R bytes has a relative standard
-- deviation of sqrt(R / S). For 700 MiB at 64 KiB that is 0.96 %, for the number of
-- blocks at most 1.1 %: 5 % are 4.5 standard deviations. With 200 MiB, 5 % would be
-- 2.8 standard deviations, and one run in 50 would fail.
-- Needs: core
local support = require "support"

local BYTES = 700 << 20
local TYPES = { "string", "table", "function", "userdata", "coroutine" }

-- Writes the allocated and live objects and bytes of each function and type, over
-- all stacks that have the function.
local EXPORTER = [==[
return {
  api = 1, name = "sums", extension = ".txt", content_type = "text/plain",
  description = "sums by function and type",
  export = function(profile, out)
    local sums, locations, values, labels = {}
    for i = 1, (profile:counts()) do
      locations, values, labels = profile:sample(i, locations, values, labels)
      local kind = "none"
      for _, label in ipairs(labels) do
        if label.key == "type" or label.key == "heap" then kind = label.str end
      end
      local seen = { ["(all)"] = true }
      for _, id in ipairs(locations) do
        for _, line in ipairs(profile:location(id).lines) do
          seen[profile:func(line.func).name] = true
        end
      end
      for name in pairs(seen) do
        local key = name .. "\t" .. kind
        sums[key] = sums[key] or { 0, 0, 0, 0 }
        for j = 1, 4 do sums[key][j] = sums[key][j] + values[j] end
      end
    end
    for key, n in pairs(sums) do out:write(key, "\t", table.concat(n, "\t"), "\n") end
  end,
}
]==]

local folder, server

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/sums.lua", EXPORTER)
  local code, out, err = support.run(
    ("cc -shared -fPIC -O2 -I/usr/include/lua5.4 -o %s/holder.so %s/spec/scripts/holder.c")
    :format(folder, support.source))
  assert(code == 0, out .. err)
  support.write_file(folder .. "/routes.lua", ("package.cpath = %q\n"):format(folder .. "/?.so") ..
    support.read_file(support.source .. "/spec/scripts/heap.lua"))
  server = support.serve { "--workers", "1", "--heap-rate", "65536", "--exporters", folder, folder }
end)

teardown(function()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

local function get(path)
  local status, body = support.request(server.url .. path)
  assert.is_true(status == 200 or status == 204, body)
  return body
end

--- Returns sums[function][type] = { alloc_objects, alloc_space, inuse_objects,
-- inuse_space }.
local function profile(query)
  local none = { 0, 0, 0, 0 }
  local sums = setmetatable({}, { __index = function(t, name)
    t[name] = setmetatable({}, { __index = function() return none end })
    return t[name]
  end })
  for name, kind, numbers in get("/debug/pprof/" .. query):gmatch "([^\t\n]+)\t([^\t\n]+)\t([^\n]+)" do
    local values = {}
    for n in numbers:gmatch "%-?%d+" do values[#values + 1] = tonumber(n) end
    sums[name][kind] = values
  end
  return sums
end

--- Returns the live bytes of all Lua types together.
local function live_bytes(sums, name)
  local total = 0
  for kind, values in pairs(sums[name]) do
    if kind ~= "native" then total = total + values[4] end
  end
  return total
end

local function is_near(expected, got, what, share)
  assert.is_true(math.abs(got - expected) <= share * expected,
    ("%s: %.0f, in the profile %.0f (%+.2f %%)"):format(what, expected, got,
      (got / expected - 1) * 100))
  return ("%s %+.2f %%"):format(what, (got / expected - 1) * 100)
end

for _, kind in ipairs(TYPES) do
  it("has each " .. kind .. ", of its type, until it is let go of", function()
    local size = tonumber(get("/reserve/" .. kind .. "?bytes=" .. BYTES):match '"size":(%d+)')
    local before = live_bytes(profile "heap?gc=1&format=sums", "(all)")
    local objects = tonumber(get("/keep/" .. kind):match '"objects":(%d+)')
    local bytes = BYTES // size * size
    local name = "routes.keep_" .. kind
    local sums = profile "heap?gc=1&format=sums"
    local found = sums[name][kind]
    local figures = {
      is_near(objects, found[1], "alloc_objects", 0.05),
      is_near(bytes, found[2], "alloc_space", 0.05),
      is_near(objects, found[3], "inuse_objects", 0.05),
      is_near(bytes, found[4], "inuse_space", 0.05),
    }
    local share = found[4] / live_bytes(sums, name)
    assert.is_true(share >= 0.95, ("%.1f %% are of the type"):format(share * 100))
    get "/drop"
    local after = live_bytes(profile "heap?gc=1&format=sums", "(all)")
    figures[#figures + 1] = is_near(before, after, "let go", 0.02)
    print(("%s: %d MiB in %d blocks, %.1f %% of the type; %s"):format(kind, bytes >> 20,
      objects, share * 100, table.concat(figures, ", ")))
  end)
end
