-- kinds_spec.lua: under load, each kind of profile of lua/data.lua names the
-- function that is there for this kind, as go tool pprof reads the profile.
-- Needs: go core
local go_pprof = require "go_pprof"
local sampling = require "sampling"
local support = require "support"

local folder, server, load

setup(function()
  folder = support.new_folder()
  server = support.serve { "--workers", "2", "--heap-rate", "65536",
    support.source .. "/lua" }
  load = support.start { support.perilune, "load", server.url .. "/data",
    "-u", "4", "-d", "1h" }
  -- Both workers have wanted the lock at the same time.
  support.wait_until(function()
    local _, folded = support.request(server.url ..
      "/debug/pprof/mutex?format=folded")
    return folded:find "data.save_totals"
  end, "a contended lock", 120)
end)

teardown(function()
  load:stop()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Returns the values of each function and all that it calls, of one sample type,
-- and the text of go tool pprof that has them.
local function top(profile, sample_index)
  local out = go_pprof.read(("-top -cum -nodefraction=0 -sample_index=%s %s")
    :format(sample_index, profile:arguments()), folder)
  local cum = {}
  for value, name in out:gmatch "\n%s*%S+%s+%S+%s+%S+%s+(%S+)%s+%S+%s+([^\n]+)" do
    cum[name] = tonumber(value:match "^[%d.]+")
  end
  return cum, out
end

--- Takes profiles with go tool pprof until they have `wanted` samples of the
-- function, or of all functions.
local function gather(query, wanted, name)
  return sampling.gather(wanted, 60, function(i)
    local file = ("%s/kind-%d.pb.gz"):format(folder, i)
    go_pprof.read(("-proto -output %s '%s/debug/pprof/%s'"):format(file, server.url, query),
      folder)
    return sampling.read(file)
  end, name)
end

-- Each of the functions below has at least 2 % of the CPU samples.
local SEEN = sampling.samples_to_see(0.02)

for _, case in ipairs {
  { "profile?seconds=1&rate=1000", SEEN, nil, { "cpu", "samples" }, { "data.sort_rows",
    "data.group_rows", "data.format_rows", "data.pack_lines" } },
  { "allocs?seconds=1", 1, "data.build_rows", { "alloc_space" }, { "data.build_rows" } },
  { "allocs", 1, "data.build_rows", { "alloc_objects" }, { "data.build_rows" } },
  { "heap", 1, "data.keep_rows", { "inuse_space", "inuse_objects" }, { "data.keep_rows" } },
  { "threadcreate", 1, nil, { "threadcreate" }, { "data.start_archive" } },
  { "goroutine", 1, nil, { "goroutine" }, { "data.archive_summaries" } },
  { "block", 1, nil, { "contentions", "delay" }, { "data.wait_for_totals" } },
  { "mutex", 1, nil, { "contentions", "delay" }, { "data.save_totals" } },
  { "wall?seconds=1&rate=1000", 1, "data.write_totals", { "wall", "samples" },
    { "data.write_totals" } },
} do
  local query, wanted, name, types, functions = table.unpack(case, 1, 5)
  it(("%s of %s names %s"):format(table.concat(types, " and "), query,
    table.concat(functions, ", ")), function()
      local profile = gather(query, wanted, name)
      for _, type in ipairs(types) do
        local cum, out = top(profile, type)
        for _, f in ipairs(functions) do assert.is_true((cum[f] or 0) > 0, f .. "\n" .. out) end
      end
    end)
end
