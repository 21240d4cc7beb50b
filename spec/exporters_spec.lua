-- exporters_spec.lua: each format of a profile that has one of everything
-- (spec/exporters/shapes.lua) against golden files and real consumers.
-- Needs: go
local go_pprof = require "go_pprof"
local support = require "support"

local folder, shapes
local golden = support.source .. "/spec/golden/"

local function convert(input, format, more)
  local code, out, err = support.command(("convert %s --to %s -e %s %s")
    :format(input, format, support.source .. "/spec/exporters", more or ""))
  assert(code == 0, err)
  return out
end

setup(function()
  folder = support.new_folder()
  shapes = folder .. "/shapes.pb"
  -- The smallest profile has an empty string and a sample type.
  support.write_file(folder .. "/least.pb", "\x32\x00\x0a\x00")
  convert(folder .. "/least.pb", "shapes", "-o " .. shapes)
end)

teardown(function() support.remove_folder(folder) end)

describe("a profile", function()
  it("shows exporters all that is in it", function()
    assert.are.equal(support.read_file(golden .. "shapes.txt"),
      convert(shapes, "describe"))
  end)

  it("may be empty", function()
    local empty = folder .. "/empty.pb.gz"
    assert.are.equal("", convert(folder .. "/least.pb", "folded"))
    convert(folder .. "/least.pb", "pprof", "-o " .. empty)
    assert.are.equal(convert(folder .. "/least.pb", "describe"),
      convert(empty, "describe"))
  end)
end)

describe("pprof", function()
  it("keeps all that is in a profile", function()
    local again = folder .. "/again.pb.gz"
    convert(shapes, "pprof", "-o " .. again)
    assert.are.equal(convert(shapes, "describe"), convert(again, "describe"))
  end)

  it("is read by go tool pprof as the profile itself is", function()
    local again = folder .. "/again.pb.gz"
    convert(shapes, "pprof", "-o " .. again)
    for _, report in ipairs { "-tags", "-traces", "-top -lines",
      "-sample_index=samples -top -addresses", "-comments" } do
      local before = go_pprof.read(report .. " " .. shapes, folder)
      local after = go_pprof.read(report .. " " .. again, folder)
      assert.is_true(#before > 0)
      assert.are.equal(before, after)
    end
  end)
end)

describe("folded", function()
  it("is as it should be", function()
    assert.are.equal(support.read_file(golden .. "shapes.folded"),
      convert(shapes, "folded"))
  end)

  it("can be read back by its last blank, and only so", function()
    for line in convert(shapes, "folded"):gmatch "(.-)\n" do
      local stack = line:match "^(.+) %d+$"
      assert.is_truthy(stack, line)
      assert.is_falsy(stack:find "%c", line)
      for frame in stack:gmatch "[^;]+" do
        assert.is_falsy(frame:find "%s%d+%.?%d*$", line)
      end
      assert.is_falsy(stack:find(";;", 1, true), line)
    end
  end)

  it("shows the sample type that is asked for, else the default", function()
    local by_name = convert(shapes, "folded", "-i samples")
    assert.is_truthy(by_name:find("\nmain 3\n", 1, true), by_name)
    assert.are.equal(by_name, convert(shapes, "folded", "-i 0"))
    assert.are.equal(convert(shapes, "folded"),
      convert(shapes, "folded", "-i cpu"))
  end)
end)
