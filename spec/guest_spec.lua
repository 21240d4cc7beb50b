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
      "spec/faulty_server; do [ -x $f ] || continue; readelf -d $f | " ..
      "grep -oE 'lib(gcc_s|unwind)[.]' | head -1; done"):format(support.quote(build)))
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

describe("small stacks of a C module", function()
  local header

  setup(function()
    header = support.build_module("small_stacks.c", folder) .. [[
      local stacks, clock = require "small_stacks", require "clock"
      local function work(seconds)
        local stop = clock.thread() + seconds
        while clock.thread() < stop do end
      end
    ]]
  end)

  it("stay whole while their code is sampled", function()
    local out, _, profile = run(header .. [[
      local function on_small_stacks()
        for _, kib in ipairs { 4, 8, 32, 64 } do
          print(kib, stacks.compute(kib * 1024, 0.5))
        end
      end
      on_small_stacks()
    ]], "--rate 2000")
    assert.equal("4\t0\n8\t0\n32\t0\n64\t0\n", out)
    -- 2 s at 2,000 Hz are 4,000 samples; on a busy machine the thread gets fewer, and
    -- 200 would have met each stack.
    assert.is_true(profile:sum("samples", "compute_on_stack") > 200)
  end)

  it("may run Lua", function()
    local out, _, profile = run(header .. [[
      local function on_small_stack() work(0.5) end
      for _ = 1, 3 do print(stacks.call(64 * 1024, on_small_stack)) end
      local inner = coroutine.wrap(function()
        for _ = 1, 50 do
          stacks.call(128 * 1024, function() work(0.005) end)
          coroutine.yield()
        end
      end)
      for _ = 1, 50 do inner() end
    ]], "--rate 2000 --heap " .. folder .. "/heap --heap-rate 4096")
    assert.equal("0\n0\n0\n", out)
    assert.is_true(profile:sum("cpu", "script.on_small_stack") > 0.5e9)
  end)

  it("of signals that are too small get no sample, which the profile counts", function()
    local out, _, profile = run(header .. [[
      print(stacks.with_signal_stack(8 * 1024, function() work(0.3) end))
      print(stacks.with_signal_stack(0, function() work(0.3) end))
      local function on_large() work(0.5) end
      print(stacks.with_signal_stack(64 * 1024, on_large))
      print(stacks.signal_stack() > 0)
    ]], "--rate 1000")
    assert.equal("0\n0\n0\ntrue\n", out)
    assert.is_true(profile:sum("cpu", "script.on_large") > 0.4e9)
    local comments = sampling.header(folder .. "/cpu")
    local n = tonumber(comments:match "(%d+) deferred %(small signal stack%)")
    assert.is_true(n and n > 50, comments)
  end)
end)
