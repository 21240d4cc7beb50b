-- fork_spec.lua: processes that scripts and C modules make (scripts/forks.c). A
-- forked child ends, however it does; it has no profile, no handler of the
-- program and no thread to wait for, and leaves the parent's files alone.
-- Needs: core time
local sampling = require "sampling"
local server_state = require "server_state"
local support = require "support"

local folder, header

setup(function()
  folder = support.new_folder()
  header = support.build_module("forks.c", folder) .. 'local forks = require "forks"\n'
end)
teardown(function() support.remove_folder(folder) end)

-- A test may be started with signals that are ignored, which its processes inherit.
local FRESH = "env --default-signal=INT,PIPE"

-- A child that hangs would hang for ever. Any other ends within milliseconds.
local PATIENCE = 20

--- How a child ends, and what its parent is told about it.
local ENDS = {
  { "return", "exit 0" },
  { "os.exit(3)", "exit 3" },
  { "os.exit(4, true)", "exit 4" },
  { "os.exit(true)", "exit 0" },
  { "forks.exit_now(5)", "exit 5" },
  { "error 'oh'", "exit 1" },
}

describe("a child of a script of perilune run", function()
  local KINDS = { "cpu", "wall", "heap", "mutex", "goroutine", "trace" }

  --- Runs a script with a CPU profile, or with profiles of these kinds. Returns its
  -- output.
  local function run(text, kinds)
    support.write_file(folder .. "/script.lua", header .. text)
    for _, kind in ipairs(KINDS) do os.remove(folder .. "/" .. kind) end
    local options = {}
    for i, kind in ipairs(kinds or { "cpu" }) do options[i] = ("--%s %s/%s"):format(kind, folder, kind) end
    -- Of 0.1 s at 100 Hz a busy machine may leave no sample.
    options[#options + 1] = "--rate 1000"
    local code, out, err = support.run(("%s timeout %d %s run %s %s/script.lua"):format(
      FRESH, 4 * PATIENCE, support.perilune, table.concat(options, " "), folder))
    assert.equal(0, code, err)
    return out, err
  end

  local WORK = sampling.WORK .. [[
    local function work_of_parent() work(0.1) end
    local function work_of_child() work(0.1) end
  ]]

  for _, fork in ipairs { "fork", "bare_fork" } do
    it("ends as it would in the plain interpreter, after " .. fork, function()
      for i, case in ipairs(ENDS) do
        local kinds = i == 1 and KINDS or { "cpu" }
        local out = run(WORK .. ([[
          local pid = forks.%s()
          if pid == 0 then
            work_of_child()
            do %s end
            return
          end
          work_of_parent()
          print(forks.wait(pid, %d))
          local file = io.open "%s/cpu"
          print(file and file:seek "end" or 0)
        ]]):format(fork, case[1], PATIENCE, folder), kinds)
        assert.equal(case[2]:gsub(" ", "\t") .. "\n0\n", out, case[1])
        local profile = sampling.read(folder .. "/cpu")
        assert.is_true(profile:sum("cpu", "script.work_of_parent") > 0.05e9)
        assert.equal(0, profile:sum("cpu", "script.work_of_child"))
        for _, kind in ipairs(kinds) do
          assert.is_true(#support.read_file(folder .. "/" .. kind) > 0, kind)
        end
      end
    end)

    it("is ended by a signal, after " .. fork, function()
      for _, number in ipairs { 1, 2, 10, 15, 27 } do
        local expected = "signal\t" .. number
        -- Of a bare fork the program learns nothing: it keeps its handlers.
        if fork == "fork" or number == 15 then
          local out = run(([[
            local pid = forks.%s()
            if pid == 0 then forks.sleep(60) end
            forks.kill(pid, %d)
            print(forks.wait(pid, %d))
            forks.kill(pid, 9)
          ]]):format(fork, number, PATIENCE))
          assert.equal(expected .. "\n", out)
        end
      end
    end)
  end

  it("has the signals and the descriptors of the plain interpreter's child", function()
    local script = [[
      io.stdout:setvbuf "no"
      local pid = forks.fork()
      if pid == 0 then print("fork", forks.handled()) forks.exit_now(0) end
      forks.wait(pid, 60)
      os.execute "grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status; ls /proc/self/fd; umask"
      local pipe = io.popen "grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status; ls /proc/self/fd"
      print(pipe:read "a")
    ]]
    local out = run(script)
    local code, plain, err = support.run(FRESH .. " lua5.4 " .. folder .. "/script.lua")
    assert.equal(0, code, err)
    assert.equal(plain:gsub("fork\t2 \n", "fork\t\n"), out) -- lua5.4 handles SIGINT
  end)

  it("can fork again, make coroutines and labels, and use shared objects",
    function()
      local out = run(WORK .. ([[
        local sync, shared, profile = require "sync", require "shared", require "profile"
        local dict = shared.dict "d"
        dict:set("who", "parent")
        local function end_as(pid) print(forks.wait(pid, %d)) io.stdout:flush() end
        local pid = forks.fork()
        if pid == 0 then
          for i = 1, 1000 do
            local co = coroutine.wrap(function(a) coroutine.yield(a) end)
            profile.with({ n = "x" .. i }, co, i)
          end
          assert(dict:get "who" == "parent")
          dict:set("who", "child")
          sync.semaphore "s"
          local grandchild = forks.fork()
          if grandchild == 0 then os.exit(9, true) end
          end_as(grandchild)
          os.exit(8, true)
        end
        end_as(pid)
        assert(dict:get "who" == "parent")
      ]]):format(PATIENCE))
      assert.equal("exit\t9\nexit\t8\n", out)
    end)

  it("keeps the script's own hook, and its coroutines go on", function()
    local out = run(WORK .. ([[
      local n = 0
      debug.sethook(function() n = n + 1 end, "", 1000)
      local pid
      local co = coroutine.wrap(function()
        for i = 1, 3 do
          work(0.05)
          if i == 2 then pid = forks.fork() end
          coroutine.yield(i)
        end
      end)
      co() co() co()
      if pid == 0 then
        n = 0
        for i = 1, 1e6 do end
        os.exit(n > 900 and 7 or 1, true)
      end
      print(forks.wait(pid, %d))
    ]]):format(PATIENCE))
    assert.equal("exit\t7\n", out)
  end)

  it("of vfork or posix_spawn starts its program", function()
    local out = run(([[
      for _ = 1, 20 do
        print(forks.wait(forks.vfork_exec("/bin/true"), %d))
        assert(os.execute "true")
        assert(io.popen("echo hello"):read() == "hello")
      end
    ]]):format(PATIENCE))
    assert.equal(("exit\t0\n"):rep(20), out)
  end)
end)

describe("a child of a handler", function()
  local server

  setup(function()
    support.write_file(folder .. "/routes.lua", header .. [[
      local sync, shared, profile = require "sync", require "shared", require "profile"
      local clock, log, scheduler = require "clock", require "log", require "scheduler"
      local thread = require "thread"
      local dict = shared.dict "d"
      local function busy(seconds)
        local stop = clock.wall() + seconds
        local i = 0
        while clock.wall() < stop do
          i = i + 1
          dict:set("k" .. i % 100, i)
          profile.with({ n = "v" .. i % 50 }, coroutine.wrap(function() end))
          sync.semaphore("s" .. i % 10)
          log.debug("busy", { i = i })
        end
        return i
      end
      local ends = {
        now = function() forks.exit_now(5) end,
        exit = function() os.exit(3) end,
        close = function() os.exit(4, true) end,
        error = function() error "oh" end,
        reply = function() return "child" end,
        wait = function() scheduler.sleep(0.01) return "child" end,
        sleep = function() forks.sleep(60) end,
        busy = function() busy(0.01) os.exit(6, true) end,
        thread = function()
          thread.spawn(function() end)
          forks.sleep(0.05)
          os.exit(7, true)
        end,
      }
      return {
        ["GET /fork/{how}"] = function(req)
          local pid = forks.fork()
          if pid == 0 then return ends[req.params.how]() end
          if req.params.how == "sleep" then forks.kill(pid, tonumber(req.query.signal)) end
          local how, n = forks.wait(pid, 20)
          forks.kill(pid, 9)
          return how .. " " .. (n or "")
        end,
        ["GET /thread"] = function() -- a thread that forks, and ends in both
          thread.spawn(function(cpath)
            package.cpath = cpath
            local forks = require "forks"
            local pid = forks.fork()
            if pid == 0 then return end
            require "log".info("waited", { how = table.concat({ forks.wait(pid, 20) }, " ") })
          end, package.cpath)
          return ""
        end,
        ["GET /busy"] = function() return tostring(busy(2)) end,
        ["GET /pipe"] = function()
          local pipe = io.popen "yes | head -1; ls -l /proc/self/fd"
          return pipe:read "a"
        end,
      }
    ]])
    server = support.serve({ "--workers", "3", folder }, FRESH)
  end)
  teardown(function() server:stop() end)

  local function get(path)
    local status, body = support.request(server.url .. path)
    assert.equal(200, status, body)
    return body
  end

  it("ends, and the parent alone answers", function()
    for how, expected in pairs { now = "exit 5", exit = "exit 3", close = "exit 4",
      error = "exit 1", reply = "exit 0", wait = "exit 0", busy = "exit 6",
      thread = "exit 7" } do
      assert.equal(expected, get("/fork/" .. how), how)
    end
    local log = server:output()
    assert.is_truthy(log:find "event=child_ended", log)
    assert.is_truthy(log:find "event=child_failed[^\n]*oh", log)
  end)

  it("of a spawned thread ends with it", function()
    get "/thread"
    server_state.wait_for_log(server, 'event=waited how="exit 0"')
  end)

  it("is ended by a signal, which does not stop the server", function()
    for _, number in ipairs { 15, 2, 1, 15 } do
      assert.equal("signal " .. number, get("/fork/sleep?signal=" .. number))
    end
    assert.is_nil(server:output():find "event=stopping")
    assert.is_nil(server:output():find "event=reloaded")
  end)

  it("ends while other threads hold locks and all profiles are open", function()
    local raw_http = require "raw_http"
    local open = {}
    for i, query in ipairs { "profile?seconds=2&rate=1000", "wall?seconds=2", "trace?seconds=2",
      "heap?seconds=2" } do
      open[i] = raw_http.begin(server.port, "/debug/pprof/" .. query)
    end
    server_state.wait_for_profiles(server, 2)
    local busy = raw_http.begin(server.port, "/busy")
    for _ = 1, 20 do
      assert.equal("exit 6", get "/fork/busy")
      assert.equal("exit 0", get "/fork/reply")
    end
    assert.is_truthy(busy:finish())
    local profile = sampling.save(open[1]:finish(), folder)
    assert.is_true(profile:sum "cpu" > 0)
    for i = 2, #open do assert.is_true(#open[i]:finish() > 0) end
  end)

  it("of popen has no descriptor of the server, and SIGPIPE's default action", function()
    local out = get "/pipe"
    assert.equal("y\n", out:match "^[^\n]*\n")
    assert.is_nil(out:find("socket:", 1, true), out)
    assert.is_nil(out:find("anon_inode", 1, true), out)
    assert.is_nil(server:output():find("Broken pipe", 1, true))
  end)
end)

describe("a child of a load test", function()
  it("ends, and the test goes on", function()
    support.write_file(folder .. "/load.lua", header .. [[
      return { default = function()
        local pid = forks.fork()
        if pid == 0 then return end
        local how, n = forks.wait(pid, 20)
        print(how, n)
        io.stdout:flush()
      end }
    ]])
    local code, out, err = support.run(("timeout 60 %s load --iterations 3 --vus 1 %s/load.lua")
      :format(support.perilune, folder))
    assert.equal(0, code, err)
    local _, n = (out .. err):gsub("exit\t0\n", "")
    assert.equal(3, n, out .. err)
  end)
end)
