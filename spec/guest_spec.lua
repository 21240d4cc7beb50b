-- guest_spec.lua: what C and C++ modules may rely on while they share the process
-- with the profiler.
-- Needs: core time
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
    header = support.build_module("small_stacks.c", folder) .. sampling.WORK ..
      'local stacks = require "small_stacks"\n'
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

describe("coroutines that a C or C++ module leaves by a jump", function()
  local header

  setup(function()
    support.build_module("throws.cc", folder)
    header = support.build_module("jumps.c", folder) .. [[
      local jumps, throws = require "jumps", require "throws"
      local clock = require "clock"
      local garbage
      local function work(seconds) -- makes garbage too
        local stop = clock.thread() + seconds
        repeat
          garbage = { { clock.thread() }, ("x"):rep(100) .. clock.thread() }
          jumps.scribble()
        until clock.thread() >= stop
      end
    ]]
  end)

  --- Runs a script with samples of all kinds, as many as possible.
  local function run_sampled(text)
    return run(header .. text, ("--rate 5000 --wall %s/wall --heap %s/heap --heap-rate 512")
      :format(folder, folder))
  end

  it("are dropped, and their callers sampled on", function()
    local out, _, profile = run_sampled [[
      local n = 0
      local function outside() work(0.002) end
      for i = 1, 200 do
        local how = jumps.escape(function()
          work(0.001)
          local inner = coroutine.wrap(function() work(0.001) jumps.jump() end)
          inner()
        end)
        if how == "jumped" then n = n + 1 end
        outside()
        if i % 10 == 0 then collectgarbage() end
      end
      print(n)
    ]]
    assert.equal("200\n", out)
    -- Both parts take 0.4 s. What a coroutine and its samples cost besides, in a
    -- module that does little else, is less than 10 %.
    local n = profile:sum "samples"
    local outside = profile:sum("cpu", "main@script.lua;script.outside")
    local inside = profile:sum("cpu", "main@script.lua;jumps.escape")
    local share = outside / (outside + inside)
    assert.is_true(math.abs(share - 0.5) < 5 * math.sqrt(0.25 / n) + 0.05, share)
  end)

  it("may be many, one inside the other", function()
    local out = run_sampled [[
      local function nest(n)
        if n == 0 then work(0.002) jumps.jump(10) end
        jumps.escape(function() work(0.0002) coroutine.wrap(nest)(n - 1) end)
        error "never here"
      end
      local n = 0
      for _ = 1, 50 do
        if jumps.escape(function() nest(9) end) == "jumped" then n = n + 1 end
        work(0.002)
        collectgarbage()
      end
      print(n)
    ]]
    assert.equal("50\n", out)
  end)

  it("may be left by an exception", function()
    local out = run_sampled [[
      local n = 0
      for i = 1, 200 do
        local what = throws.through(function()
          work(0.001)
          coroutine.wrap(function() work(0.001) throws.raise() end)()
        end)
        if what == "passed Lua" then n = n + 1 end
        work(0.002)
        if i % 10 == 0 then collectgarbage() end
      end
      print(n)
    ]]
    assert.equal("200\n", out)
  end)

  it("may have a stack of their own, which is given up", function()
    local out = run_sampled [[
      local n = 0
      for i = 1, 200 do
        coroutine.wrap(function()
          jumps.escape(function()
            jumps.abandon(function()
              n = n + 1
              coroutine.wrap(function() work(0.001) jumps.leave() end)()
            end)
            work(0.001)
            jumps.jump()
          end)
          work(0.001)
        end)()
        if i % 10 == 0 then collectgarbage() end
      end
      print(n)
    ]]
    assert.equal("200\n", out)
  end)

  it("keep the script's hooks", function()
    local out = run_sampled [[
      local count = 0
      debug.sethook(function() count = count + 1 end, "", 100)
      for i = 1, 100 do
        jumps.escape(function() work(0.001) jumps.jump() end)
        work(0.001)
      end
      local _, _, n = debug.gethook()
      print(n, count > 1000)
      debug.sethook()
    ]]
    assert.equal("100\ttrue\n", out)
  end)
end)

describe("SIGPROF, which a C module takes", function()
  local header

  setup(function()
    header = support.build_module("signals.c", folder) .. sampling.WORK .. [[
      local signals = require "signals"
      local function before() work(0.2) end
      local function meanwhile() work(0.4) end
      local function after() work(0.4) end
    ]]
  end)

  for how, holder in pairs { sigaction = "signals.so", signal = "signals.so",
    ignore = "SIG_IGN", default = "SIG_DFL" } do
    it(("by %s is told in the log and in the profiles"):format(how), function()
      local _, log, profile = run(header .. ([[
        before()
        signals.take %q
        meanwhile()
        print(signals.give_back())
        after()
      ]]):format(how), "--rate 500 --wall " .. folder .. "/wall")
      assert.is_truthy(log:find("event=sigprof_taken by=%S*" .. holder), log)
      assert.is_truthy(log:find "event=sigprof_given_back", log)
      for _, file in ipairs { "cpu", "wall" } do
        assert.is_truthy(sampling.header(folder .. "/" .. file):find(
          "SIGPROF was taken over by a C module %([^)]*" .. holder .. "%)"), file)
      end
      -- The profiler may notice the return after 100 ms only, and the time of what it
      -- has not seen belongs to no function.
      assert.is_true(profile:sum("cpu", "script.before") > 0.1e9)
      assert.is_true(profile:sum("cpu", "script.meanwhile") < 0.1e9)
      local after = profile:sum("cpu", "script.after")
      assert.is_true(after > 0.2e9 and after < 0.45e9, after)
    end)
  end

  it("and keeps, makes no profile that is silently empty", function()
    local _, log = run(header .. [[
      signals.take "sigaction"
      meanwhile()
    ]])
    assert.is_truthy(log:find "event=sigprof_taken", log)
    assert.is_truthy(sampling.header(folder .. "/cpu"):find "SIGPROF was taken over")
  end)

  it("and soon gives back again and again, is no end to the samples", function()
    local _, _, profile = run(header .. [[
      for _ = 1, 100 do
        signals.take "sigaction"
        work(0.002)
        signals.give_back()
        after()
        if clock.thread() > 3 then break end
      end
    ]], "--rate 1000")
    assert.is_true(profile:sum("samples", "script.after") > 300)
  end)

  it("in a thread, by blocking it, is told with the thread's time", function()
    local _, log, profile = run(header .. [[
      before()
      signals.block(true)
      meanwhile()
      signals.block(false)
      after()
    ]], "--rate 500")
    assert.is_truthy(log:find "event=sigprof_blocked thread=perilune", log)
    local header_text = sampling.header(folder .. "/cpu")
    local blocked = header_text:match "SIGPROF was blocked in a thread %(perilune%): ([%d.]+) s"
    -- A check comes every 50 ms, and the first 100 ms are patience.
    assert.is_true(tonumber(blocked) > 0.2 and tonumber(blocked) < 0.6, header_text)
    local after = profile:sum("cpu", "script.after")
    assert.is_true(after > 0.2e9 and after < 0.45e9, after)
  end)

  it("for a timer of its own, is told", function()
    local _, log, profile = run(header .. [[
      signals.set_timer(0.001)
      meanwhile()
      signals.set_timer(0)
    ]], "--rate 500")
    assert.is_truthy(log:find "event=sigprof_timer", log)
    assert.is_truthy(sampling.header(folder .. "/cpu"):find("setitimer", 1, true))
    local seen = profile:sum("cpu", "script.meanwhile")
    assert.is_true(seen > 0.35e9 and seen < 0.5e9)
  end)
end)
