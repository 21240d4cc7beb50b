-- run_spec.lua: the command perilune run, its profiles and its exit code.
-- Needs: go core
local go_pprof = require "go_pprof"
local sampling = require "sampling"
local support = require "support"

local folder

setup(function() folder = support.new_folder() end)
teardown(function() support.remove_folder(folder) end)

--- Writes a script and runs it. Returns the exit code, stdout and stderr.
local function run(text, options, arguments)
  support.write_file(folder .. "/script.lua", text)
  return support.command(("run %s %s/script.lua %s")
    :format(options or "", folder, arguments or ""))
end

--- Returns a script that computes for 0.3 s of CPU time and then runs `last`.
local function working(last)
  return sampling.WORK .. "work(0.3)\n" .. last
end

local function assert_profile(path)
  local code, out, err = support.command("convert --to folded " .. path)
  assert.are.equal(0, code, err)
  assert.is_truthy(out:find("main@script.lua;script.work", 1, true), out)
end

describe("perilune run", function()
  it("prints warnings between @on and @off", function()
    local code, _, err = run [[
      warn("early") warn("@on") warn("one ", "@off", " line") warn("@off")
      warn("late")
    ]]
    assert.are.equal(0, code)
    assert.is_truthy(err:find("\nLua warning: one @off line\n$"), err)
  end)

  it("passes arguments, as ... and in arg", function()
    local code, out = run("print(arg[0]:match('[^/]*$'), #arg, arg[2], ...)", "",
      "one --cpu")
    assert.are.equal(0, code)
    assert.are.equal("script.lua\t2\t--cpu\tone\t--cpu\n", out)
  end)

  it("passes many arguments", function()
    local code, out, err = run("print(select('#', ...))", "", "$(seq 20000)")
    assert.are.equal(0, code, err)
    assert.are.equal("20000\n", out)
  end)

  it("writes the profile in the format asked for", function()
    local file = folder .. "/cpu.folded"
    assert.are.equal(0, (run(working "", "--to folded --cpu " .. file)))
    assert.is_truthy(support.read_file(file):find("script.work", 1, true))
  end)

  it("writes it also when the script fails, and says where", function()
    local file = folder .. "/failed.pb.gz"
    local code, _, err = run(working "error 'oh'", "--cpu " .. file)
    assert.are.equal(1, code)
    assert.is_truthy(err:find("script.lua:7: oh\nstack traceback:", 1, true),
      err)
    assert_profile(file)
  end)

  it("writes it also when the script calls os.exit", function()
    local file = folder .. "/exit.pb.gz"
    assert.are.equal(7, (run(working "os.exit(7)", "--cpu " .. file)))
    assert_profile(file)
    assert.are.equal(7, (run(working "os.exit(7, true)", "--cpu " .. file)))
    assert_profile(file)
  end)

  it("writes it also when a signal ends the script, which it still does",
    function()
      local file = folder .. "/signal.pb.gz"
      local stuck = "print 'now' io.stdout:flush()" ..
        "local _ = ('a'):rep(260):find('.-.-.-.-b')"
      for name, code in pairs { INT = 130, TERM = 143 } do
        for _, last in ipairs { stuck, "print 'now' io.stdout:flush()\n" ..
          "while true do end" } do
          os.remove(file)
          support.write_file(folder .. "/script.lua", working(last))
          -- A shell starts programs with `&` so that they ignore SIGINT.
          local process = support.start { "env", "--default-signal=INT",
            support.perilune, "run", "--cpu", file, folder .. "/script.lua" }
          support.wait_until(function()
            return process:output():find "now"
          end, "the script", 60)
          process:signal(name)
          assert.are.equal(code, process:wait(60))
          process:stop()
          assert_profile(file)
        end
      end
    end)

  it("keeps both ends of deep stacks, and says so", function()
    local text = sampling.WORK .. [[
      local function deep(n)
        if n == 0 then work(0.1) return 0 end
        return 1 + deep(n - 1)
      end
      local function nested(n)
        if n == 0 then work(0.1) return 0 end
        return select(2, pcall(nested, n - 1)) + 1
      end
      local function in_coroutines(n)
        if n == 0 then return deep(200) end
        return coroutine.wrap(in_coroutines)(n - 1) + 1
      end
      local function root(f, n) return 1 + f(n) end
      root(%s)]]
    local file = folder .. "/deep.pb.gz"
    for _, case in ipairs { { "deep, 150", 128, "" }, { "deep, 20000", 128, "" },
      { "deep, 190000", 128, "" }, { "nested, 180", 128, "" },
      { "in_coroutines, 60", 128, "" }, { "deep, 30", 8, "--max-depth 8 " } } do
      local call, kept, option = table.unpack(case)
      assert.are.equal(0, (run(text:format(call), option .. "--rate 250 --cpu " .. file)))
      local _, folded = support.command("convert --to folded " .. file)
      local n_cut = 0
      for stack in folded:gmatch("[^\n]*script%.work[^\n]*") do
        local outer, inner = stack:match(
          "^_start;.*(main@script%.lua;script%.root.-);%(truncated%);(.*;script%.work)")
        assert(outer, stack)
        -- The leaf may be clock.thread, on top of `work`.
        local _, n = (outer .. ";" .. inner):gsub("[^;]+", "")
        assert.is_true(n == kept or n == kept - 1, stack)
        n_cut = n_cut + 1
      end
      assert.is_true(n_cut > 0, folded)
      local comments = go_pprof.read("-comments " .. file, folder)
      assert.is_truthy(comments:find("%d+ with a truncated Lua stack"), comments)
    end
  end)

  it("runs no metamethods of the script when it learns names", function()
    -- gmatch's iterator is a C function without a name, for which the sampler then
    -- searches.
    local file = folder .. "/strict.pb.gz"
    local code, out, err = run(working [[
      local function boom(_, key) error("strict: " .. tostring(key)) end
      local strict = { __index = boom, __newindex = boom }
      local registry = debug.getregistry()
      for _, v in pairs(registry) do
        if type(v) == "table" then setmetatable(v, strict) end
      end
      setmetatable(registry, strict)
      local stop = clock.thread() + 0.3
      while clock.thread() < stop do
        for _ in ("a b c d e f g h i j k l m n o p"):gmatch "%a" do end
      end
      rawset(registry, "_LOADED", nil)
      for _ in ("a b"):gmatch "%a" do end
      stop = clock.thread() + 0.1
      while clock.thread() < stop do utf8.codes("x")("x", 0) end
      print(rawget(registry, "_LOADED"))]], "--cpu " .. file)
    assert.are.equal(0, code, err)
    assert.are.equal("nil\n", out)
    assert_profile(file)
  end)

  it("leaves the script's own hooks alone", function()
    -- The count hook is called once per million instructions on average, about 150
    -- times. Each sample may lengthen or shorten one count, which changes the number
    -- of calls by a tenth at most.
    local file = folder .. "/hooks.pb.gz"
    local code, out, err = support.command(
      ("run --rate 1000 --cpu %s %s/spec/scripts/hooks.lua 1")
      :format(file, support.source))
    assert.are.equal(0, code, err)
    local rate, lines = out:match("^([%d.]+)\n(%d+)\n")
    assert.is_true(tonumber(rate) > 0.75 and tonumber(rate) < 1.25, out)
    assert.are.equal("5", lines)
  end)

  it("shows the script its own hook, not the sampler's", function()
    local code, out, err = run([[
      local clock = require "clock"
      local function hook() end
      local stop, wrong = clock.thread() + 0.5, 0
      debug.sethook(hook, "c", 1000)
      while clock.thread() < stop do
        local f, mask, count = debug.gethook()
        if f ~= hook or mask ~= "c" or count ~= 1000 then wrong = wrong + 1 end
        for _ = 1, 100 do end
      end
      print(wrong)]], ("--rate 1000 --cpu %s/gethook.pb.gz"):format(folder))
    assert.are.equal(0, code, err)
    assert.are.equal("0\n", out)
  end)

  -- A profile of each kind, of one run. Where it is a matter of chance whether
  -- a sample is there, the script goes on until there must be one: at 1000 Hz,
  -- 0.3 s without a single sample of what it does has a probability of e^-300.
  describe("writes", function()
    local waited

    --- Sum of the stacks that hold these frames, one after the other.
    local function sum(kind, frames)
      local total = 0
      for stack, value in support.read_file(folder .. "/" .. kind .. ".out")
        :gmatch "([^\n]+) (%d+)\n" do
        if (";" .. stack .. ";"):find(";" .. frames .. ";", 1, true) then
          total = total + tonumber(value)
        end
      end
      return total
    end

    setup(function()
      local code, out, err = support.run(
        ("cc -O1 -g -shared -fPIC $(pkg-config --cflags lua5.4) -o %s/native_lock.so %s/spec/scripts/native_lock.c")
        :format(folder, support.source))
      assert(code == 0, out .. err)
      local options = { "--rate 1000 --heap-rate 1024 --to folded" }
      for _, kind in ipairs { "cpu", "heap", "allocs", "wall", "block", "mutex", "goroutine",
        "threadcreate", "trace" } do
        options[#options + 1] = ("--%s %s/%s.out"):format(kind, folder, kind)
      end
      code, out, err = run(([[
        package.cpath = "%s/?.so"
        local native_lock = require "native_lock"
        local function keep_rows()
          local rows = {}
          for i = 1, 10000 do rows[i] = { i } end
          return rows
        end
        local function pause() coroutine.yield() end
        local function make_coroutines()
          local list = {}
          for i = 1, 50 do list[i] = coroutine.create(pause) end
          for i = 1, 20 do coroutine.resume(list[i]) end
          return list
        end
        local function wait_outside() os.execute "sleep 0.3" end
        local function take_turns() local seconds = native_lock.take_turns() return seconds end
        Kept = { keep_rows(), make_coroutines() }
        wait_outside()
        io.write(take_turns())
        collectgarbage()
      ]]):format(folder) .. working "", table.concat(options, " "))
      assert(code == 0, err)
      waited = tonumber(out)
    end)

    it("where CPU time goes: not where the script waits", function()
      assert.is_true(sum("cpu", "script.work") > 0)
      assert.is_true(sum("cpu", "script.wait_outside") / 1e9 < 0.1)
    end)

    it("where time goes, on and off the CPU", function()
      assert.is_true(sum("wall", "script.work") > 0)
      local seconds = sum("wall", "script.wait_outside;os.execute") / 1e9
      assert.is_true(seconds > 0.25, seconds)
    end)

    it("the memory in use, and all that was allocated", function()
      assert.is_true(sum("heap", "script.keep_rows") > 0)
      assert.is_true(sum("allocs", "script.keep_rows") >= sum("heap", "script.keep_rows"))
    end)

    it("who waited for a lock, and who held it", function()
      local WAITER = "script.take_turns;native_lock.take_turns;pthread_mutex_lock"
      local HOLDER = "script.take_turns;native_lock.take_turns;pthread_mutex_unlock"
      local seconds = sum("block", WAITER) / 1e9
      assert.is_true(seconds >= 0.05 and seconds <= waited, seconds .. " of " .. waited)
      assert.is_true(sum("mutex", HOLDER) / 1e9 >= 0.05)
    end)

    it("all coroutines that do not run, and the threads", function()
      assert.equal(30, sum("goroutine", "script.pause") - sum("goroutine",
        "script.pause;coroutine.yield"))
      assert.equal(20, sum("goroutine", "script.pause;coroutine.yield"))
      assert.is_true(sum("goroutine", "command_run") >= 1)
    end)

    it("who made threads", function()
      assert.equal(1, sum("threadcreate", "script.take_turns;native_lock.take_turns"))
    end)

    it("a timeline of the collections, as JSON", function()
      local json = support.read_file(folder .. "/trace.out")
      assert.truthy(json:find '"name":"collection"', json)
      assert.truthy(json:find '"traceEvents":%[')
    end)
  end)

  it("counts coroutines also when a signal ends the script, unless it is in C", function()
    local file = folder .. "/coroutines.folded"
    local text = [[
      local function pause() coroutine.yield() end
      local list = {}
      for i = 1, 7 do list[i] = coroutine.create(pause) coroutine.resume(list[i]) end
      print "now" io.stdout:flush()
      %s]]
    for _, case in ipairs {
      { "while true do end", "script.pause;coroutine.yield 7\n" },
      { "coroutine.wrap(function() while true do end end)()",
        "script.pause;coroutine.yield 7\n" },
      { "local _ = ('a'):rep(260):find('.-.-.-.-b')", nil },
    } do
      local last, expected = table.unpack(case, 1, 2)
      os.remove(file)
      support.write_file(folder .. "/script.lua", text:format(last))
      local process = support.start { support.perilune, "run", "--to", "folded",
        "--goroutine", file, folder .. "/script.lua" }
      support.wait_until(function() return process:output():find "now" end)
      process:signal "TERM"
      assert.equal(143, process:wait())
      local folded, said = support.read_file(file), process:output()
      process:stop()
      if expected then
        assert.truthy(folded:find(expected, 1, true), folded .. said)
      else
        assert.truthy(folded:find("string.find", 1, true), folded)
        assert.truthy(said:find("the script is in a C function: the profiles are " ..
          "without its coroutines", 1, true), said)
      end
    end
  end)

  it("counts coroutines also when the script closes its state", function()
    local file = folder .. "/closed.folded"
    assert.equal(5, (run([[
      local co = coroutine.create(function() coroutine.yield() end)
      coroutine.resume(co)
      os.exit(5, true)]], "--to folded --goroutine " .. file)))
    assert.truthy(support.read_file(file):find "coroutine.yield 1\n")
  end)

  it("says so when it profiles nothing", function()
    local code, out, err = run "print 'ran'"
    assert.are.same({ 0, "ran\n" }, { code, out })
    assert.is_truthy(err:find("^perilune run: not profiled: name a file with " ..
      "%-%-cpu, %-%-heap, .* or %-%-trace\n$"), err)
    code, _, err = run("print 'ran'", "--cpu " .. folder .. "/quiet.pb.gz")
    assert.are.same({ 0, "" }, { code, err })
  end)

  it("does not run the script when its profile could not be written", function()
    local kept = folder .. "/kept"
    local function refuse(options, expected)
      local code, out, err = run("print 'ran'", options)
      assert.are.same({ 1, "" }, { code, out })
      assert.are.equal("perilune run: " .. expected .. "\n", err)
    end
    for _, option in ipairs { "--cpu", "--heap", "--goroutine", "--trace" } do
      refuse(("%s %s/no/x"):format(option, folder), ("cannot write '%s/no/x': " ..
        "No such file or directory"):format(folder))
      refuse(option .. " " .. folder, ("cannot write '%s': Is a directory")
        :format(folder))
    end
    support.write_file(kept, "kept")
    refuse(("--cpu %s --heap %s/no/x"):format(kept, folder), ("cannot write " ..
      "'%s/no/x': No such file or directory"):format(folder))
    refuse(("--cpu %s --wall %s"):format(kept, kept),
      ("--cpu and --wall name the same file, '%s'"):format(kept))
    assert.are.equal("kept", support.read_file(kept))
    local _, left = support.run("ls " .. folder .. " | grep tmp")
    assert.are.equal("", left)
  end)

  it("writes two profiles to one device", function()
    local code, out, err = run("print 'ran'", "--cpu /dev/null --wall /dev/null")
    assert.are.same({ 0, "ran\n", "" }, { code, out, err })
  end)

  it("names each module that a script can require in its help", function()
    local code, help = support.command "run --help"
    assert.are.equal(0, code)
    local names = help:gsub("%s+", " "):match "Perilune's modules: ([%l, ]+)%."
    local modules = {}
    for name in names:gmatch "%l+" do
      modules[name] = true
      code = run(("require %q"):format(name), "--cpu /dev/null")
      assert.are.equal(0, code, name)
    end
    for _, name in ipairs { "sync", "thread", "scheduler", "shared", "log" } do
      assert.is_true(modules[name], name)
    end
  end)

  it("leaves what is there until it has a new profile", function()
    local file = folder .. "/before.folded"
    support.write_file(file, "before")
    local _, out = run(("print(io.open(%q):read 'a')"):format(file),
      "--to folded --cpu " .. file)
    assert.are.equal("before\n", out)
    assert.are_not.equal("before", support.read_file(file))
  end)

  it("refuses wrong options and files", function()
    local function refuse(arguments, expected_code, expected)
      local code, _, err = support.command("run " .. arguments)
      assert.are.equal(expected_code, code)
      assert.is_truthy(err:find(expected, 1, true), err)
    end
    refuse("", 2, "name the script to run")
    refuse("--rate 0 x.lua", 2,
      "--rate must be a whole number from 1 to 10000, got '0'")
    refuse("--colour x.lua", 2, "unrecognized option")
    refuse(folder .. "/absent.lua", 1, "absent.lua")
    refuse(("--cpu %s/x --to flower %s/script.lua"):format(folder, folder), 1,
      "unknown format 'flower': there are")
    refuse("--to flower " .. folder .. "/script.lua", 1,
      "unknown format 'flower': there are")
    refuse(("--cpu %s/no/x %s/spec/scripts/lines.lua 0.01")
      :format(folder, support.source), 1, "cannot write")
    support.write_file(folder .. "/broken.lua", "x =\n")
    refuse(folder .. "/broken.lua", 1, "broken.lua:2:")
  end)
end)
