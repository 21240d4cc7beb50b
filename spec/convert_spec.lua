-- convert_spec.lua: perilune convert and perilune exporters, on a profile of Perilune
-- and on profiles of a Go program.
-- Needs: go core
local go_pprof = require "go_pprof"
local sampling = require "sampling"
local support = require "support"

local folder, ours, go_cpu, go_heap
local lines -- the profile of scripts/lines.lua; `ours` is one of its files
-- Each of eight lines has an eighth of the samples; the tolerance is 5 points.
local LINE_SAMPLES = sampling.samples_for(0.125, 0.05)

local function convert(arguments)
  local code, out, err = support.command("convert " .. arguments)
  assert(code == 0, err)
  return out
end

--- Returns the sum of the values of folded stacks.
local function folded_total(text)
  local total = 0
  for value in text:gmatch(" (%d+)\n") do total = total + value end
  return total
end

--- Returns the sum of one sample type, as go tool pprof reads the file.
local function pprof_total(file, position)
  local out = go_pprof.read("-raw " .. file, folder)
  local total, samples = 0, out:match("\nSamples:\n[^\n]*\n(.-)\nLocations")
  for values in samples:gmatch("%s*([%d ]+): [%d ]*") do
    local i = 0
    for value in values:gmatch("%d+") do
      i = i + 1
      if i == position then total = total + value end
    end
  end
  return total
end

setup(function()
  folder = support.new_folder()
  lines = sampling.gather(LINE_SAMPLES, 20, function(i)
    local file = ("%s/ours-%d.pb.gz"):format(folder, i)
    local code, _, err = support.command(
      ("run --rate 1000 --cpu %s %s/spec/scripts/lines.lua 1.6")
      :format(file, support.source))
    assert(code == 0, err)
    return sampling.read(file)
  end)
  ours = lines.files[1]
  go_cpu, go_heap = folder .. "/go-cpu.pb.gz", folder .. "/go-heap.pb.gz"
  local code, _, err = support.run(("cd %s/spec/go && go run main.go %s %s")
    :format(support.source, go_cpu, go_heap))
  assert(code == 0, err)
end)

teardown(function() support.remove_folder(folder) end)

describe("perilune convert", function()
  it("keeps the total, to folded and to pprof", function()
    for file, n_types in pairs { [ours] = 2, [go_cpu] = 2, [go_heap] = 4 } do
      local pprof = folder .. "/again.pb.gz"
      convert(("%s --to pprof -o %s"):format(file, pprof))
      for i = 1, n_types do
        local expected = pprof_total(file, i)
        assert.is_true(expected > 0)
        assert.are.equal(expected, pprof_total(pprof, i))
        assert.are.equal(expected, folded_total(
          convert(("%s --to folded --sample-index %d"):format(file, i - 1))))
      end
    end
  end)

  it("loses nothing of another program's profile", function()
    local again = folder .. "/go-again.pb.gz"
    for _, file in ipairs { go_cpu, go_heap } do
      convert(("%s --to pprof -o %s"):format(file, again))
      -- The files differ in the order of their tables only, so the reports are
      -- compared.
      for _, report in ipairs { "-top", "-traces -lines", "-tags",
        "-top -sample_index=0 -addresses" } do
        local before = go_pprof.read(report .. " " .. file, folder)
        local after = go_pprof.read(report .. " " .. again, folder)
        assert.are.equal(before, after)
      end
    end
  end)

  it("names a Go program's functions", function()
    assert.is_truthy(convert(go_cpu .. " --to folded"):find("main.busy;", 1,
      true))
  end)

  it("gives the same bytes twice", function()
    for _, format in ipairs { "pprof", "folded" } do
      local once = convert(ours .. " --to " .. format)
      assert.are.equal(once, convert(ours .. " --to " .. format))
      -- The bytes are also the same after a conversion to pprof.
      local pprof = folder .. "/round.pb.gz"
      convert(("%s --to pprof -o %s"):format(ours, pprof))
      assert.are.equal(once, convert(pprof .. " --to " .. format))
    end
  end)

  it("reads a file that is not gzipped, and stdin", function()
    local plain = folder .. "/plain.pb"
    assert.are.equal(0, (support.run(("gzip -dc <%s >%s"):format(ours, plain))))
    local expected = convert(ours .. " --to folded")
    assert.are.equal(expected, convert(plain .. " --to folded"))
    assert.are.equal(expected, convert("- --to folded <" .. ours))
  end)

  it("shows the leaf lines of straight code", function()
    -- Eight equal lines have an eighth of the time each, less what the loop takes,
    -- which is up to 1 point of each line; 5 points are the tolerance. The processor
    -- works on the first line while it ends the loop's own instruction, so that this
    -- line shows from half a share on to a whole one.
    local out = go_pprof.read("-lines -top " .. lines:arguments(), folder)
    local seen = 0
    for percent, line in out:gmatch(
      "([%d.]+)%%%s+[%d.]+%%%s+[%d.]+m?s%s+[%d.]+%%%s+lines%.eight [^\n]*:(%d+)")
    do
      line = tonumber(line)
      if line >= 7 and line <= 14 then
        seen = seen + 1
        local least = line == 7 and 12.5 / 2 - 5 or 12.5 - 6
        assert.is_true(percent + 0 > least and percent + 0 < 12.5 + 6,
          line .. ": " .. percent)
      end
    end
    assert.are.equal(8, seen, out)
  end)
end)

describe("perilune convert writes", function()
  it("through a link, which stays", function()
    -- /dev/stdout is a link, too.
    local target, link = folder .. "/target", folder .. "/link"
    support.write_file(target, "old, and longer than nothing")
    support.run(("ln -s target %s"):format(link))
    convert(("%s --to folded -o %s"):format(ours, link))
    assert.are.equal("target\n",
      select(2, support.run("readlink " .. link)))
    assert.are.equal(convert(ours .. " --to folded"),
      support.read_file(target))
    os.remove(link)
    os.remove(target)
  end)

  it("all of it, or says that it could not", function()
    for _, output in ipairs { "-o /dev/full", ">/dev/full" } do
      local code, _, err = support.command(
        ("convert %s --to folded %s"):format(ours, output))
      assert.are.equal(1, code)
      assert.is_truthy(err:find("No space left on device", 1, true), err)
    end
  end)
end)

describe("perilune convert refuses", function()
  local function refuse(arguments, expected, expected_code)
    local output = folder .. "/refused.out"
    local code, _, err = support.command(
      ("convert %s -o %s"):format(arguments, output))
    assert.are.equal(expected_code or 1, code, err)
    assert.is_truthy(err:find(expected, 1, true), err)
    assert.is_false(support.exists(output))
    local _, left = support.run("ls " .. folder .. " | grep tmp")
    assert.are.equal("", left)
  end

  it("a file that is cut short, anywhere", function()
    local whole = support.read_file(ours)
    local cut = folder .. "/cut.pb.gz"
    for _, share in ipairs { 0.01, 0.2, 0.5, 0.9, 0.999 } do
      support.write_file(cut, whole:sub(1, math.floor(#whole * share)))
      refuse(cut .. " --to folded", "cut.pb.gz: gzip: the data is cut short")
    end
  end)

  it("a file that is something else", function()
    local other = folder .. "/other"
    support.write_file(other, "this is no profile, but a text\n")
    refuse(other .. " --to folded",
      "not a pprof profile: it begins with 'this is no profile, but a text'")
    support.write_file(other, ("long"):rep(100))
    refuse(other .. " --to folded", "it begins with '" .. ("long"):rep(10) .. "'\n")
    support.write_file(other, "\1\2\3")
    refuse(other .. " --to folded", "not a pprof profile: the file is damaged")
    support.write_file(other, "")
    refuse(other .. " --to folded", "it is empty")
    refuse(folder .. "/absent --to folded", "No such file or directory")
  end)

  it("an unknown format, naming the known ones", function()
    refuse(ours .. " --to flower", "unknown format 'flower': there are folded,")
  end)

  it("an unknown sample type, naming the known ones", function()
    for _, to in ipairs { "folded", "top", "pprof" } do
      refuse(ours .. " --to " .. to .. " -i space",
        "perilune convert: unknown sample_index 'space': there are samples, cpu\n")
    end
    refuse(ours .. " --to folded -i 2",
      "unknown sample_index '2': there are samples, cpu\n")
  end)

  it("an output that cannot be written, before it reads its input", function()
    local code, _, err = support.command(
      ("convert %s/absent -t folded -o %s/no/out"):format(folder, folder))
    assert.are.equal(1, code)
    assert.are.equal(("perilune convert: cannot write '%s/no/out': " ..
      "No such file or directory\n"):format(folder), err)
  end)

  it("a URL whose server is not there, named once", function()
    refuse("http://127.0.0.1:1/ -t top", "http://127.0.0.1:1/: ")
    local _, _, err = support.command "convert http://127.0.0.1:1/ -t top"
    local _, n = err:gsub("http://127%.0%.0%.1:1/", "")
    assert.are.equal(1, n, err)
  end)

  it("a URL that answers with something else", function()
    support.write_file(folder .. "/routes.lua", [[return {
      ["/text"] = function() return "hello" end,
      ["/page"] = function()
        return 200, "\n<html>\n</html>", { ["Content-Type"] = "text/html" }
      end,
    }]])
    local server = support.serve { "--workers", "1", folder }
    for path, reason in pairs {
      ["/text"] = "not a pprof profile: it begins with 'hello'",
      ["/page"] = "not a pprof profile: it begins with '<html>'",
      ["/none"] = "not a profile but status 404: Not Found",
    } do
      refuse(server.url .. path .. " -t top", server.url .. path .. ": " .. reason)
    end
    assert.are.equal(0, server:stop())
  end)

  it("wrong usage", function()
    refuse("--to folded", "name the profile to convert", 2)
    refuse(ours, "name the format to write with --to", 2)
    refuse(ours .. " --to folded --colour", "unrecognized option", 2)
  end)
end)

describe("exporters", function()
  local dir

  before_each(function()
    dir = support.new_folder()
  end)
  after_each(function() support.remove_folder(dir) end)

  local function write_exporter(name, fields)
    local text = { "return {" }
    for field, value in pairs(fields) do
      text[#text + 1] = ("  %s = %s,"):format(field, value)
    end
    text[#text + 1] = "}"
    support.write_file(dir .. "/" .. name .. ".lua", table.concat(text, "\n"))
  end

  local function fields(changes)
    local result = {
      api = "1", name = "'counter'", extension = "'.txt'",
      content_type = "'text/plain'", description = "'Counts samples'",
      export = "function(profile, out) out:write((profile:counts()), '\\n') end",
    }
    for field, value in pairs(changes or {}) do result[field] = value end
    return result
  end

  local function refusal()
    local code, out = support.command("exporters --exporters " .. dir)
    assert.are.equal(0, code)
    assert.is_truthy(out:find("pprof  ", 1, true)) -- other exporters work
    return out
  end

  it("that are dropped in are there at once", function()
    write_exporter("mine", fields())
    local text = convert(("%s --to counter -e %s"):format(ours, dir))
    assert.is_truthy(text:find("^%d+\n$"))
    assert.is_truthy(refusal():find("counter%s+%.txt%s+text/plain%s+Counts"))
  end)

  it("replace those of the same name that came before", function()
    write_exporter("folded", fields { name = "'folded'" })
    assert.is_truthy(convert(("%s --to folded -e %s"):format(ours, dir))
      :find("^%d+\n$"))
  end)

  it("that are broken are refused with name and reason", function()
    write_exporter("a", fields { api = "2" })
    assert.is_truthy(refusal():find(
      "exporter 'a.lua': field 'api' must be 1, got 2", 1, true))
    write_exporter("a", fields { export = "'no'" })
    assert.is_truthy(refusal():find(
      "exporter 'a.lua': field 'export' must be a function, got string", 1,
      true))
    write_exporter("a", fields { name = "nil" })
    assert.is_truthy(refusal():find(
      "exporter 'a.lua': field 'name' must be a string, got nil", 1, true))
    write_exporter("a", fields { extension = "'../x'" })
    assert.is_truthy(refusal():find("field 'extension' must", 1, true))
    support.write_file(dir .. "/a.lua", "return {")
    assert.is_truthy(refusal():find("a.lua:1:", 1, true))
    support.write_file(dir .. "/a.lua", "return 7")
    assert.is_truthy(refusal():find("must return a table, got number", 1, true))
    -- An exporter cannot require the modules that wait or share data.
    support.write_file(dir .. "/a.lua", 'return require "thread"')
    assert.is_truthy(refusal():find("module 'thread' not found", 1, true))
  end)

  it("that fail say where, and leave no file", function()
    write_exporter("a", fields { export = "function() error 'oh' end" })
    local output = dir .. "/out"
    local code, _, err = support.command(
      ("convert %s --to counter -e %s -o %s"):format(ours, dir, output))
    assert.are.equal(1, code)
    assert.is_truthy(err:find("a.lua:%d+: oh"), err)
    assert.is_false(support.exists(output))
  end)

  it("see a whole profile, and encode any message of proto/", function()
    support.write_file(dir .. "/check.lua", [[
      local proto = require "proto"
      local NAME = "perftools.profiles.Profile"
      local function refuses(message, value)
        local ok, err = pcall(proto.encode, NAME, value)
        assert(not ok and err:find(message, 1, true), err)
      end
      return { api = 1, name = "check", extension = ".txt",
        content_type = "text/plain", description = "checks",
        export = function(profile, out)
          local bytes = proto.encode(NAME, {
            period = -5, string_table = { "", "a\0b", "" },
            sample = { { location_id = { 1, 300 }, value = { -1 } } },
            period_type = { type = 1 },
          })
          local back = proto.decode(NAME, bytes)
          assert(back.period == -5 and back.string_table[2] == "a\0b")
          assert(#back.string_table == 3 and back.time_nanos == 0)
          assert(back.sample[1].location_id[2] == 300)
          assert(back.sample[1].value[1] == -1)
          assert(back.period_type.type == 1 and #back.mapping == 0)
          refuses("has no field 'perod'", { perod = 1 })
          refuses("Profile.period must be a whole number", { period = 1.5 })
          refuses("Profile.period must be a number", { period = "5" })
          refuses("Profile.sample must be an array", { sample = 1 })
          refuses("Sample.value must be an array", { sample = { { value = 1 } } })
          refuses("Mapping.has_functions must be a boolean",
            { mapping = { { has_functions = 1 } } })
          assert(not pcall(proto.encode, "no.Message", {}))
          for n = 0, #bytes - 1 do pcall(proto.decode, NAME, bytes:sub(1, n)) end
          local samples, locations, functions = profile:counts()
          for i = 1, samples do
            local ids, values = profile:sample(i)
            assert(#values == #profile:header().sample_types)
            for _, id in ipairs(ids) do profile:location(id) end
          end
          assert(not pcall(profile.location, profile, locations + 1))
          assert(not pcall(profile.func, profile, functions + 1))
          out:write("fine\n")
        end }]])
    assert.are.equal("fine\n",
      convert(("%s --to check -e %s"):format(ours, dir)))
  end)
end)
