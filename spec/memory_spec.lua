-- memory_spec.lua: what the profiler itself keeps in memory.
local support = require "support"

--- Returns the resident memory of a server, in MiB.
local function resident_mib(server)
  local status = support.read_file(("/proc/%d/status"):format(server.pid))
  return tonumber((status:match "VmRSS:%s+(%d+) kB")) / 1024
end

--- Takes the heap profile of a server as a table: live bytes by stack.
local function live_bytes(server, query)
  local status, folded = support.request(server.url ..
    "/debug/pprof/heap?format=folded&sample_index=inuse_space" .. query)
  assert.equal(200, status)
  local bytes = {}
  for stack, n in folded:gmatch "([^\n]+) (%d+)\n" do
    bytes[stack] = (bytes[stack] or 0) + tonumber(n)
  end
  return bytes
end

--- Returns the share of the bytes whose stack holds one of the texts.
local function share_of(bytes, texts)
  local found, all = 0, 0
  for stack, n in pairs(bytes) do
    all = all + n
    for _, text in ipairs(texts) do
      if stack:find(text, 1, true) then
        found = found + n
        break
      end
    end
  end
  return found / all
end

describe("the memory of a server", function()
  -- Before, libdw's tables of symbols and lines stayed: 24 MiB after the first
  -- profile.
  it("is within 8 MiB after a hundred heap profiles", function()
    local server = support.serve { support.source .. "/bench/serve" }
    finally(function() server:stop() end)
    local before = resident_mib(server)
    for _ = 1, 100 do
      assert.equal(200, (support.request(server.url .. "/debug/pprof/heap")))
    end
    local after = resident_mib(server)
    assert.is_true(after - before < 8,
      ("%.1f MiB before, %.1f MiB after"):format(before, after))
  end)

  describe("in the heap profile of an idle server", function()
    -- Functions of the sampler, of the symbolizer and of the exporters.
    local OWN = { "libelf", "libdw", "symbol", "thread_new", "collector", "export",
      "recording", "session_", "catalog" }
    local server

    setup(function()
      server = support.serve { "--heap-rate", "1024", support.source .. "/bench/serve" }
      for _ = 1, 3 do live_bytes(server, "") end
    end)
    teardown(function() server:stop() end)

    -- Before: 84 %, of which 15 % are the rings of the threads.
    it("is less than 5 % the profiler's", function()
      local share = share_of(live_bytes(server, ""), OWN)
      assert.is_true(share < 0.05, ("%.1f %%"):format(100 * share))
    end)

    it("is under the frame (profiler) if profiler=1 asks for it", function()
      local bytes = live_bytes(server, "&profiler=1")
      local rest = {}
      for stack, n in pairs(bytes) do
        if stack:sub(1, 11) ~= "(profiler);" then rest[stack] = n end
      end
      local share = share_of(bytes, { "thread_new;ring_new" })
      assert.is_true(share > 0.5, ("the rings: %.1f %%"):format(100 * share))
      assert.equal(0, share_of(rest, { "thread_new", "(profiler)" }))
      assert.equal(0, share_of(live_bytes(server, "&profiler=0"), { "(profiler)" }))
    end)
  end)
end)
