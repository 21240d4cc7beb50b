-- kinds_spec.lua: lua/data.lua under load shows something in a profile of each
-- kind, in the function that is there to show it, as go tool pprof reads it.
-- Needs: go core
local support = require "support"

local folder, server, load

setup(function()
  folder = support.new_folder()
  server = support.serve { "--workers", "2", "--heap-rate", "65536",
    support.source .. "/lua" }
  load = support.start { support.perilune, "load", server.url .. "/data",
    "-u", "4", "-d", "60s" }
  -- Until both workers have saved at once.
  support.wait_until(function()
    local _, folded = support.request(server.url ..
      "/debug/pprof/mutex?format=folded")
    return folded:find "data.save_totals"
  end, "a contended lock", 30)
end)

teardown(function()
  load:stop()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- `query` of the server's profiles; `cum` is what each function has by itself
-- and by what it calls.
local function top(sample_index, query)
  local code, out, err = support.run(
    ("PPROF_TMPDIR=%s go tool pprof -top -cum -nodefraction=0 " ..
      "-sample_index=%s '%s/debug/pprof/%s'")
    :format(folder, sample_index, server.url, query))
  assert(code == 0, err)
  local cum = {}
  for value, name in out:gmatch "\n%s*%S+%s+%S+%s+%S+%s+(%S+)%s+%S+%s+([^\n]+)" do
    cum[name] = tonumber(value:match "^[%d.]+")
  end
  return cum, out
end

for _, case in ipairs {
  { "cpu", "profile?seconds=2", { "data.sort_rows", "data.group_rows",
    "data.format_rows", "data.pack_lines" } },
  { "samples", "profile?seconds=2", { "data.sort_rows" } },
  { "alloc_space", "allocs?seconds=1", { "data.build_rows" } },
  { "alloc_objects", "allocs", { "data.build_rows" } },
  { "inuse_space", "heap", { "data.keep_rows" } },
  { "inuse_objects", "heap", { "data.keep_rows" } },
  { "threadcreate", "threadcreate", { "data.start_archive" } },
  { "goroutine", "goroutine", { "data.archive_summaries" } },
  { "contentions", "block", { "data.wait_for_totals" } },
  { "delay", "block", { "data.wait_for_totals" } },
  { "contentions", "mutex", { "data.save_totals" } },
  { "delay", "mutex", { "data.save_totals" } },
  { "wall", "wall?seconds=2", { "data.write_totals" } },
  { "samples", "wall?seconds=2", { "data.write_totals" } },
} do
  local index, query, functions = table.unpack(case)
  it(("%s of %s names %s"):format(index, query, table.concat(functions, ", ")),
    function()
      local missing, out
      for _ = 1, 3 do -- seconds of a busy machine may be short of samples
        local cum
        cum, out = top(index, query)
        missing = {}
        for _, name in ipairs(functions) do
          if (cum[name] or 0) == 0 then missing[#missing + 1] = name end
        end
        if #missing == 0 then break end
      end
      assert.same({}, missing, out)
    end)
end
