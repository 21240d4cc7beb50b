-- heap_truth_spec.lua: the heap profile against a script that knows what it
-- allocated (scripts/heap.lua). Tolerance: 5 %. A sum of S bytes sampled every
-- R bytes has a standard deviation of about sqrt(R / S) of itself: at 64 KiB
-- 1.8 % for 200 MiB, 0.9 % for 800 MiB. So sums of all types are compared at
-- 64 KiB, and each type at 16 KiB, where 5 % are 5.6 standard deviations.
local support = require "support"

-- By function: all bytes; by label `type`: live bytes.
local EXPORTER = [==[
local function add(sums, key, n) sums[key] = (sums[key] or 0) + n end
local function write(out, kind, sums)
  for key, n in pairs(sums) do out:write(kind, "\t", key, "\t", n, "\n") end
end
return {
  api = 1, name = "sums", extension = ".txt", content_type = "text/plain",
  description = "sums by function and by type",
  export = function(profile, out)
    local functions, types, live, objects = {}, {}, 0, 0
    local locations, values, labels
    for i = 1, (profile:counts()) do
      locations, values, labels = profile:sample(i, locations, values, labels)
      local seen = {}
      for _, id in ipairs(locations) do
        for _, line in ipairs(profile:location(id).lines) do
          local name = profile:func(line.func).name
          if not seen[name] then add(functions, name, values[2]) end
          seen[name] = true
        end
      end
      live, objects = live + values[4], objects + values[3]
      for _, label in ipairs(labels) do
        if label.key == "type" then add(types, label.str, values[4]) end
      end
    end
    write(out, "function", functions)
    write(out, "type", types)
    write(out, "live", { bytes = live, objects = objects })
  end,
}
]==]

local folder

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/sums.lua", EXPORTER)
end)
teardown(function() support.remove_folder(folder) end)

--- What the script said it allocated, by function, and the profile's sums.
local function run(rate, what)
  local code, out, err = support.command(
    ("run --heap-rate %d --heap %s/heap.pb.gz %s/spec/scripts/heap.lua %s")
    :format(rate, folder, support.source, what))
  assert(code == 0, err)
  local truth, total = {}, 0
  for name, n in out:gmatch('"([%w_]+)":(%d+)') do
    truth[name] = tonumber(n)
    total = total + truth[name]
  end
  local text
  code, text, err = support.command(
    ("convert --exporters %s --to sums %s/heap.pb.gz"):format(folder, folder))
  assert(code == 0, err)
  local sums = { ["function"] = {}, type = {}, live = {} }
  for kind, name, n in text:gmatch("(%a+)\t([^\t\n]+)\t(%d+)\n") do
    sums[kind][name] = tonumber(n)
  end
  return truth, total, sums
end

local function is_near(expected, got, what, share)
  got = got or 0
  assert.is_true(math.abs(got - expected) <= (share or 0.05) * expected,
    ("%s: %.0f bytes, in the profile %.0f (%+.2f %%)"):format(what, expected, got,
      (got / expected - 1) * 100))
end

describe("the heap profile", function()
  it("has what each function allocated, and the type of what is live", function()
    local truth, total, sums = run(16 * 1024, "KEEP")
    for name, bytes in pairs(truth) do
      assert.is_true(bytes >= 200 << 20, name)
      is_near(bytes, sums["function"]["heap." .. name], name)
    end
    is_near(total, sums.live.bytes, "live")
    local known = 0
    for _, name in ipairs { "string", "table", "function", "coroutine" } do
      known = known + (sums.type[name] or 0)
    end
    assert.is_true(known >= 0.95 * sums.live.bytes)
    -- A string of 2000 characters and 5 digits, in a table of two elements.
    local string_bytes, table_bytes = 24 + 2005 + 1, 56 + 2 * 16
    is_near(truth.keep_strings * string_bytes / (string_bytes + table_bytes),
      sums.type.string, "strings")
  end)

  it("is right in sum at 64 KiB", function()
    local _, total, sums = run(64 * 1024, "KEEP")
    is_near(total, sums["function"]["main@heap.lua"], "allocated")
    is_near(total, sums.live.bytes, "live")
  end)

  it("forgets what is collected", function()
    local _, total, sums = run(64 * 1024, "DROP")
    is_near(total, sums["function"]["main@heap.lua"], "allocated")
    assert.is_true(sums.live.bytes < 0.02 * total,
      sums.live.bytes .. " bytes are live")
  end)
end)
