-- live_view_spec.lua: the live view of `perilune load` on a real terminal, tmux:
-- the screen at several widths and while others write to it, and the terminal,
-- which is as it was after every kind of exit. spec/c/live_block.c tests the text
-- of the view.
-- Needs: tmux time
local socket = require "socket"
local support = require "support"

local has_tmux = os.execute("command -v tmux >/dev/null") == true

describe("the live view", function()
  if not has_tmux then
    pending("tmux is not installed: a terminal to look at")
    return
  end

  local quote = support.quote
  local folder = support.new_folder()
  local name, n_names = nil, 0 -- the name of tmux's server; each terminal has one
  local server, plain

  local SCRIPT = [[
    local http, t = require "http", require "loadtest"
    local BASE = t.env.BASE
    local M = { options = { scenarios = {
      steady = { executor = "constant-arrival-rate", rate = 200,
        duration = "DURATION", maxVUs = 200, exec = "steady",
        gracefulStop = "GRACE" },
      wrong = { executor = "shared-iterations", vus = 2, iterations = 20,
        exec = "wrong" },
    } } }
    function M.steady() http.get(BASE .. "/healthz") STEADY end
    function M.wrong()
      http.get(BASE .. "/nothing") WRONG
    end
    return M
  ]]

  -- Writes a script with two scenarios: 200 requests a second, and 20 requests that
  -- are answered with 404.
  local function write_script(with)
    local path = folder .. "/test.lua"
    local values = { DURATION = "10m", GRACE = "1s", STEADY = "", WRONG = "" }
    for key, value in pairs(with or {}) do values[key] = value end
    support.write_file(path, (SCRIPT:gsub("%u%u%u%u%u+", values)))
    return path
  end

  local function tmux(arguments)
    local code, out, err = support.run(("tmux -L %s -f /dev/null %s"):format(
      name, arguments))
    assert.equal(0, code, arguments .. ": " .. err)
    return out
  end

  local function screen(options)
    return tmux("capture-pane -p " .. (options or ""))
  end

  -- Returns the lines of the screen that are not empty.
  local function read_screen()
    local lines = {}
    for line in screen():gmatch "[^\n]+" do
      if line:find "%S" then lines[#lines + 1] = line end
    end
    return lines
  end

  local function find_line(pattern)
    for _, line in ipairs(read_screen()) do
      local found = { line:match(pattern) }
      if found[1] then return table.unpack(found) end
    end
    return nil
  end

  local function await(pattern)
    local ok = pcall(support.wait_until, function() return find_line(pattern) end, "it", 60)
    assert.is_true(ok, pattern .. " does not come on the screen; it shows:\n" .. screen())
    return find_line(pattern)
  end

  local function close()
    if name then pcall(tmux, "kill-server") end
  end

  -- Opens a new terminal that runs a command.
  local function open(columns, rows, command)
    close()
    n_names = n_names + 1
    name = folder:match("[^/]+$") .. "-" .. n_names
    tmux(("new-session -d -x %d -y %d %s"):format(columns, rows, command))
    support.wait_until(function()
      return support.run("tmux -L " .. name .. " has-session") == 0
    end, "tmux", 60)
  end

  local function count(pattern)
    local n = 0
    for _, line in ipairs(read_screen()) do
      if line:find(pattern) then n = n + 1 end
    end
    return n
  end

  local function keys(words) tmux("send-keys " .. words) end

  -- Runs a load in a terminal of this size. After its end the terminal shows the exit
  -- code and the settings of the terminal.
  local function start(columns, rows, path, environment, arguments)
    local sh = folder .. "/run.sh"
    support.write_file(sh, ("trap : INT QUIT\n%s BASE=%s %s load %s %s\n" ..
      "echo \"exit code $?\"\nstty -a\nsleep 1000\n"):format(
      environment or "", server.url, quote(support.perilune), path,
      arguments or ""))
    -- Without the settings that this spec itself was started with.
    open(columns, rows, "env -u NO_COLOR -u LC_ALL -u LC_CTYPE " ..
      "LANG=C.UTF-8 sh " .. sh)
  end

  -- Checks that the terminal has its first settings.
  local function check_restored()
    assert.truthy(await("[^-]icanon"))
    assert.truthy(find_line("[^-]echo "))
    assert.equal("1\n", tmux("display -p '#{cursor_flag}'"))
    assert.equal("1\n", tmux("display -p '#{wrap_flag}'"))
  end

  setup(function()
    server = support.serve()
    plain = support.start({ support.perilune, "load",
      server.url .. "/healthz", "-u", "2", "-d", "11s" })
  end)
  teardown(function()
    close()
    plain:stop()
    server:stop()
    support.remove_folder(folder)
  end)

  it("shows the run's numbers at 80 columns, in place", function()
    start(80, 24, write_script { DURATION = "10m" })
    await("^wrong .+ done$")
    local elapsed = await("%.lua → " .. server.url .. " +(%d%d:%d%d)$")
    assert.truthy(find_line("^steady constant%-arrival%-rate [█░]+ " ..
      "200/s %d+ of 200 VUs  late %d+$"))
    assert.truthy(find_line("^wrong  shared%-iterations     [█]+ done$"))
    await("^rate +%d+/s [▁▂▃▄▅▆▇█]+ +failed [%d.]+ %%: 20 × 404$")
    assert.truthy(find_line("^latency      p50     p99   p99%.9     max   p99"))
    for _, row in ipairs { "  now   ", "  in all" } do
      local p50, p99, p999, max = find_line("^" .. row ..
        (" +([%d.]+)[mµn]*s"):rep(4) .. "$")
      assert.truthy(p50 and p99 and p999 and max, screen())
    end
    assert.truthy(find_line("generator %d+ %% of a core"))
    assert.truthy(find_line("pacing lag p99 %S+s"))
    assert.truthy(find_line("^q: stop"))
    -- The view is drawn again in the same place.
    support.wait_until(function()
      local now = find_line("%.lua → .- (%d%d:%d%d)$")
      return now and now > elapsed
    end, "the clock", 60)
    assert.equal(1, count("^rate "))
    assert.equal(1, count("^  in all"))
    -- The rate is that of the plan; on a busy machine, at least for one second.
    support.wait_until(function()
      local rate = tonumber(find_line("^rate +(%d+)/s"))
      return rate and math.abs(rate - 200) < 80
    end, "a rate of 200/s", 120)
  end)

  it("asks before it stops on q, and prints the summary", function()
    keys("q")
    await("^Stop the test now%?")
    keys("n")
    await("^q: stop")
    keys("q")
    await("^Stop the test now%?")
    keys("y")
    await("^exit code 105$")
    assert.equal(0, count("^rate "))
    assert.equal(0, count("^Stop"))
    check_restored()
    local all = screen("-S -100")
    assert.truthy(all:find("http_reqs%.+: %d+"))
    -- The summary stands in the place of the view.
    local before = all:match("^(.-)█ TOTAL RESULTS")
    assert.truthy(before, all)
    assert.falsy(before:find("in all") or before:find("q: stop"), all)
  end)

  it("fits 120 and 40 columns, and follows a change", function()
    -- The view stands at the end of the screen: a narrower tmux wraps each line into
    -- three, and the first lines leave the screen.
    start(120, 40, write_script(), "seq 40;")
    await("^wrong .+ done$")
    await("^rate +%d+/s [▁▂▃▄▅▆▇█]+ +failed [%d.]+ %%: 20 × 404$")
    assert.truthy(find_line("^steady constant%-arrival%-rate [█░]+ "))
    assert.truthy(find_line("generator %d+ %% of a core   pacing lag p99 %S+"))
    for _, columns in ipairs { 40, 120, 80 } do
      tmux(("resize-window -x %d -y 40"):format(columns))
      support.wait_until(function()
        local title = find_line("^.*%.lua → .*%d%d:%d%d$")
        return title and utf8.len(title) == columns
      end, columns .. " columns of a title", 60)
      for _, line in ipairs { "^steady ", "^wrong ", "^rate ", "failed ",
        "^latency ", "^  now", "^  in all", "^generator ", "^q: stop" } do
        assert.equal(1, count(line), columns .. line .. "\n" .. screen())
      end
    end
    tmux("resize-window -x 40 -y 40")
    await("^steady [█░]+ 200/s %d+/200 VUs")
    await("^failed [%d.]+ %%: 20 × 404$")
  end)

  it("keeps what others write, and is not garbled by it", function()
    start(80, 40, write_script {
      WRONG = [[t.sleep(0.4) if t.iteration == 1 then
        print("printed by " .. t.vu) t.fail("on purpose") end]] })
    support.wait_until(function() return count("on purpose") >= 2 end, "two errors", 60)
    await("script errors 2")
    assert.equal(2, count("level=error event=script_error"))
    assert.equal(2, count("^printed by %d+"))
    for line in screen("-J"):gmatch "[^\n]*level=error[^\n]*" do
      assert.truthy(line:find('>"%s*$'), line)
    end
    for _, line in ipairs { "%.lua → ", "^steady ", "^wrong ", "^rate ",
      "^latency ", "^  in all", "generator ", "^q: stop" } do
      assert.equal(1, count(line), line .. "\n" .. screen())
    end
    local lines = read_screen()
    assert.truthy(lines[#lines]:find("^q: stop"))
  end)

  it("gives the terminal back at a second Ctrl-C, and a fatal signal",
    function()
      start(80, 24, write_script {
        STEADY = "if t.iteration == 10 then print 'spins' while true do end end" })
      await("^spins$")
      keys("C-c")
      await("stopping")
      keys("C-c")
      await("^exit code 105$")
      assert.equal(0, count("^rate "))
      check_restored()
      start(80, 24, write_script())
      await("^rate ")
      keys([['C-\']])
      await("^exit code 131$")
      assert.equal(0, count("^rate "))
      check_restored()
    end)

  it("leaves the terminal to the shell while it is suspended", function()
    open(80, 24, "env LANG=C.UTF-8 PS1='shell> ' sh -i")
    await("^shell>")
    keys(("'BASE=%s %s load %s' Enter"):format(server.url, support.perilune,
      write_script()))
    await("^rate ")
    keys("C-z")
    await("Stopped")
    keys("'stty -a' Enter")
    check_restored()
    assert.equal(0, count("^rate "))
    keys("bg Enter")
    socket.sleep(0.8) -- in this time the block must not be drawn: that is the test
    keys("'echo still the shell' Enter")
    await("^still the shell")
    assert.equal(0, count("^rate "))
    keys("fg Enter")
    await("^rate ")
    await("^q: stop")
    keys("q")
    await("^Stop the test")
    keys("y")
    await("^shell>$")
    keys("'echo code $?' Enter")
    await("^code 105")
  end)

  it("has no colours with NO_COLOR, and ASCII in another locale", function()
    local bytes = folder .. "/bytes"
    for _, case in ipairs {
      { "LC_ALL=C NO_COLOR=1", false, false }, { "LC_ALL=C.UTF-8", true, true },
    } do
      os.remove(bytes)
      -- The program starts when tmux copies its output into the file.
      os.remove(folder .. "/piped")
      start(80, 24, write_script(), ("until [ -e %s/piped ]; do sleep 0.02; done; %s"):format(
        folder, case[1]))
      tmux("pipe-pane 'cat >" .. bytes .. "'")
      support.wait_until(function() return support.exists(bytes) end, "the pipe", 60)
      support.write_file(folder .. "/piped", "")
      await("^wrong .+ done$") -- its bar is full
      support.wait_until(function()
        return support.exists(bytes) and
          support.read_file(bytes):find("done.*q: stop")
      end, "the bytes", 60)
      local text = support.read_file(bytes):gsub("\27%[%?%d+[hl]", "")
      assert.equal(case[2], text:find("\27%[[%d;]+m") ~= nil)
      assert.equal(case[3], text:find("[\x80-\xff]") ~= nil)
      assert.truthy(text:find(case[3] and "█" or "#"))
    end
  end)

  it("draws nothing with -q", function()
    start(80, 24, write_script { DURATION = "1s" }, "", "-q")
    await("^exit code 0$")
    assert.truthy(screen():match("^%s*█ TOTAL RESULTS") or
      screen("-S -100"):match("^%s*█ TOTAL RESULTS"))
  end)

  it("writes a plain line every 10 s where there is no terminal", function()
    assert.equal(0, plain:wait(120))
    local out = plain:output()
    local line = out:match("^(.-\n)")
    assert.truthy(line:find("^00:%d%d / 00:11   2 of 2 VUs   [%d,]+/s   " ..
      "p50 %S+  p99 %S+  p99.9 %S+  max %S+   failed 0.00 %%"), line)
    local _, n = out:gsub("2 of 2 VUs", "")
    assert.equal(1, n)
    assert.falsy(out:find("\27"))
  end)
end)
