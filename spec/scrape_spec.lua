-- scrape_spec.lua: continuous profilers fetch the cumulative kinds again and again
-- and subtract one profile from the next. Grafana Alloy, which feeds Pyroscope,
-- knows a sample again by the addresses of its locations and by its labels alone.
local support = require "support"

-- One line per sample: its identity for such a reader, its stack by names, its
-- values.
local EXPORTER = [==[
return {
  api = 1, name = "identities", extension = ".txt", content_type = "text/plain",
  description = "samples as scrapers know them",
  export = function(profile, out)
    for i = 1, (profile:counts()) do
      local ids, values, labels = profile:sample(i)
      local addresses, names, pairs_ = {}, {}, {}
      for _, id in ipairs(ids) do
        local location = profile:location(id)
        addresses[#addresses + 1] = ("%x"):format(location.address)
        for _, line in ipairs(location.lines) do
          names[#names + 1] = profile:func(line.func).name .. ":" .. line.line
        end
      end
      for _, label in ipairs(labels) do
        pairs_[#pairs_ + 1] = label.key .. "=" .. (label.str ~= "" and label.str or label.num)
      end
      table.sort(pairs_)
      out:write(table.concat(addresses, " "), "|", table.concat(pairs_, " "), "\t",
        table.concat(names, ";"), "\t", table.concat(values, " "), "\n")
    end
  end,
}
]==]

local folder, server, load

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/identities.lua", EXPORTER)
  server = support.serve { "--workers", "2", "--heap-rate", "16384",
    "--exporters", folder, support.source .. "/lua" }
  load = support.start { support.perilune, "load", server.url .. "/data", "-u", "4",
    "-d", "1h", "-q" }
  support.wait_until(function()
    local _, folded = support.request(server.url .. "/debug/pprof/mutex?format=folded")
    return folded:find "data.save_totals"
  end, "a contended lock", 120)
end)

teardown(function()
  load:stop()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Returns samples[identity] = { stack, value, ... }. Fails if two stacks have one
-- identity.
local function scrape(kind)
  local status, text = support.request(server.url .. "/debug/pprof/" .. kind .. "?format=identities")
  assert.equal(200, status)
  local samples, n = {}, 0
  for identity, stack, numbers in text:gmatch "([^\t\n]+)\t([^\t\n]*)\t([^\n]+)\n" do
    local values = { stack }
    for value in numbers:gmatch "%-?%d+" do values[#values + 1] = tonumber(value) end
    if samples[identity] then
      assert.equal(samples[identity][1], stack, "two stacks are one at " .. identity)
    end
    samples[identity] = values
    n = n + 1
  end
  assert.is_true(n > 0, kind)
  return samples
end

describe("each stack is known by its addresses and labels, and stays known:", function()
  local GROWING = { allocs = 2, heap = 2, block = 2, mutex = 2, threadcreate = 1 }
  local first, second = {}, {}

  setup(function()
    for kind in pairs(GROWING) do first[kind] = scrape(kind) end
    support.wait_until(function()
      local _, text = support.request(server.url .. "/debug/pprof/allocs?seconds=1&format=folded")
      return text ~= ""
    end, "something new", 60)
    for kind in pairs(GROWING) do second[kind] = scrape(kind) end
  end)

  for kind, n_growing in pairs(GROWING) do
    it(kind, function()
      for identity, before in pairs(first[kind]) do
        local after = second[kind][identity]
        assert.truthy(after, before[1] .. " is not known again by " .. identity)
        assert.equal(before[1], after[1])
        for i = 2, 1 + n_growing do
          assert.is_true(after[i] >= before[i], before[1])
        end
      end
    end)
  end
end)

--- Returns the path of Parca: $PARCA, or a program on the PATH. Returns nil if there
-- is none.
local function find_parca()
  local named = os.getenv "PARCA"
  if named then return named end
  local code, path = support.run "command -v parca"
  return code == 0 and path:match "%S+" or nil
end

local PARCA_CONFIG = [[
object_storage:
  bucket:
    type: FILESYSTEM
    config:
      directory: %s/store
scrape_configs:
  - job_name: perilune
    scrape_interval: 2s
    static_configs:
      - targets: ["127.0.0.1:%d"]
]]

it("a real Parca takes its five defaults", function()
  local parca = find_parca()
  if not parca then
    pending("there is no Parca: neither $PARCA nor a `parca` on the PATH; " ..
      "`go install github.com/parca-dev/parca/cmd/parca@latest` makes one " ..
      "where the Go module proxy serves it")
    return
  end
  support.write_file(folder .. "/parca.yaml", PARCA_CONFIG:format(folder, server.port))
  local port = support.free_port()
  local process = support.start { parca, "--config-path=" .. folder .. "/parca.yaml",
    "--http-address=127.0.0.1:" .. port, "--storage-active-memory=268435456" }
  local targets
  local ok, why = pcall(support.wait_until, function()
    local status, body = support.request("http://127.0.0.1:" .. port .. "/api/targets?state=1")
    if status ~= 200 then return false end
    targets = body
    local _, good = body:gsub('"HEALTH_GOOD"', "")
    return good == 5 or body:find '"HEALTH_BAD"'
  end, "its five targets", 180)
  local output = process:output()
  process:stop()
  assert.is_true(ok, tostring(why) .. "\n" .. output)
  assert.is_nil(targets:find '"HEALTH_BAD"', targets)
end)
