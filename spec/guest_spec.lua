-- guest_spec.lua: what C and C++ modules may rely on while they share the process
-- with the profiler.
-- Needs: core
local sampling = require "sampling"
local support = require "support"

local folder

setup(function() folder = support.new_folder() end)
teardown(function() support.remove_folder(folder) end)

--- Runs a script with a CPU profile. Returns its output, what it wrote to stderr and
-- the profile.
local function run(text, options)
  support.write_file(folder .. "/script.lua", text)
  local code, out, err = support.run(("timeout 120 %s run %s --cpu %s/cpu %s/script.lua"):format(
    support.perilune, options or "", folder, folder))
  assert.equal(0, code, err)
  return out, err, sampling.read(folder .. "/cpu")
end

describe("exceptions of a C++ module", function()
  local header

  setup(function()
    header = support.build_module("throws.cc", folder) .. 'local throws = require "throws"\n'
  end)

  it("are unwound by libgcc_s", function()
    local out = run(header .. [[
      for _, name in ipairs { "RaiseException", "Resume", "Backtrace", "ForcedUnwind" } do
        print(throws.library_of("_Unwind_" .. name))
      end
    ]])
    for library in out:gmatch "[^\n]*\n" do
      assert.is_truthy(library:find "libgcc_s" or library:find "san%.so", out)
    end
  end)

  it("are unwound by libgcc_s in every program that is built here", function()
    local build = support.perilune:match "^(.*)/[^/]*$"
    local code, out, err = support.run(("cd %s && for f in perilune bench_* spec/test_* " ..
      "spec/faulty_server; do [ $f -nt %s/CMakeLists.txt ] || continue; readelf -d $f | " ..
      "grep -oE 'lib(gcc_s|unwind)[.]' | head -1; done"):format(support.quote(build),
      support.quote(support.source)))
    assert.equal(0, code, err)
    assert.is_truthy(out:find "libgcc_s", out)
    assert.is_nil(out:find("libunwind", 1, true), out)
  end)

  it("are caught while the script is profiled", function()
    local out, _, profile = run(header .. [[
      local function throw_often() print(throws.throws(100000, 8)) end
      throw_often()
    ]], "--rate 1000")
    assert.equal("100000\n", out)
    assert.is_true(profile:sum("cpu", "script.throw_often") > 0)
  end)
end)
