-- reload_spec.lua: scripts that change while they are served. How soon a change
-- is served, and changes under load, are in reload_load_spec.lua.
-- Needs: time
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
local scheduler = require "scheduler"
local version = require "version"
return {
  ["GET /version"] = function() return version end,
  ["GET /deep"] = function() return (require "lib.deep") end,
  ["GET /sleep"] = function(req)
    scheduler.sleep(tonumber(req.query.seconds))
    return version
  end,
  ["GET /sleep-until"] = function(req)
    local file
    repeat
      scheduler.sleep(0.01)
      file = io.open(req.query.file)
    until file
    file:close()
    return version
  end,
  ["GET /spin"] = function() while true do end end,
  ["GET /long"] = function() return version:rep(2 ^ 20) end,
  -- The new strings take memory that has been freed.
  ["GET /others"] = function()
    collectgarbage()
    return tostring(#("x"):rep(2 ^ 23) + #("y"):rep(2 ^ 23))
  end,
}
]==]

local function version_file(version) return ("return %q\n"):format(version) end

describe("a script that changes", function()
  local folder, server

  local function save(version)
    support.write_file(folder .. "/version.lua", version_file(version))
  end

  -- Many editors do this: the new file takes the old one's place.
  local function save_by_rename(version)
    support.write_file(folder .. "/.version.lua.swp", version_file(version))
    assert(os.rename(folder .. "/.version.lua.swp", folder .. "/version.lua"))
  end

  -- Others do this: the old file is kept under another name.
  local function save_with_backup(version)
    assert(os.rename(folder .. "/version.lua", folder .. "/version.lua~"))
    save(version)
  end

  local function served(path)
    local _, body = support.request(server.url .. (path or "/version"))
    return body
  end

  local function wait_for(version, path)
    support.wait_until(function() return served(path) == version end,
      ("version %s; the log: %s"):format(version, server:output()))
  end

  local function start(arguments)
    support.write_file(folder .. "/routes.lua", ROUTES)
    save "first"
    table.insert(arguments, folder)
    server = support.serve(arguments)
    assert.equal("first", served())
  end

  before_each(function() folder = support.new_folder() end)

  after_each(function()
    local code = server:stop()
    support.remove_folder(folder)
    assert.equal(0, code)
  end)

  it("is served, however it is saved", function()
    start { "--workers", "1" }
    for i, how in ipairs { save, save_by_rename, save_with_backup } do
      how("version " .. i)
      wait_for("version " .. i)
    end
  end)

  it("is not loaded while it is being saved", function()
    start { "--workers", "1" }
    -- The file is emptied, and written half a second later. The server waits for
    -- a second before it takes an empty file for what is meant.
    local emptied = socket.gettime()
    local file = assert(io.open(folder .. "/version.lua", "wb"))
    repeat
      assert.equal("first", served())
      socket.sleep(0.02)
    until socket.gettime() - emptied > 0.5
    file:write(version_file("second"))
    file:close()
    wait_for "second"
    assert.equal(0, state.count_in_log(server, "reload_failed"))
    -- A file that stays empty is loaded.
    support.write_file(folder .. "/version.lua", "")
    support.wait_until(function() return served() ~= "second" end, "the empty file")
  end)

  it("is loaded again when it changes meanwhile", function()
    start { "--workers", "1" }
    -- The script takes half a second to load, and then requires a module that
    -- has changed meanwhile.
    support.write_file(folder .. "/routes.lua", [==[
      local clock = require "clock"
      local one, before = require "one", clock.mono()
      while clock.mono() - before < 0.5 do end
      local two = require "two"
      return { ["GET /version"] = function() return one .. two end }
    ]==])
    local seen = {}
    for _, version in ipairs { "a", "b" } do
      support.write_file(folder .. "/one.lua", ("return %q"):format(version))
      support.write_file(folder .. "/two.lua", ("return %q"):format(version))
      socket.sleep(0.3) -- so that the second change comes while the first one is loaded
    end
    support.wait_until(function()
      seen[served()] = true
      return seen.bb
    end, "bb")
    assert.is_nil(seen.ab)
  end)

  it("may be in a folder below, made later", function()
    start { "--workers", "1" }
    assert.truthy(served("/deep"):find("Internal Server Error", 1, true))
    os.execute("mkdir " .. folder .. "/lib")
    support.write_file(folder .. "/lib/deep.lua", "return 'one'")
    wait_for("one", "/deep")
    support.write_file(folder .. "/lib/deep.lua", "return 'two'")
    wait_for("two", "/deep")
  end)

  it("may be in a folder that is removed and made anew", function()
    start { "--workers", "1" }
    -- The new folder often gets the old one's inode.
    for i = 1, 5 do
      os.execute(("rm -rf %s/lib && mkdir %s/lib"):format(folder, folder))
      support.write_file(folder .. "/lib/deep.lua", "return 'made " .. i .. "'")
      wait_for("made " .. i, "/deep")
      support.write_file(folder .. "/lib/deep.lua", "return 'edit " .. i .. "'")
      wait_for("edit " .. i, "/deep")
    end
  end)

  local function write_scripts(dir, version)
    os.execute("mkdir -p " .. dir)
    support.write_file(dir .. "/routes.lua", ROUTES)
    support.write_file(dir .. "/version.lua", version_file(version))
  end

  it("may be moved away, with its folder, and come back", function()
    write_scripts(folder .. "/app/lua", "first")
    server = support.serve { "--workers", "1", folder .. "/app/lua" }
    os.execute(("mv %s/app %s/old"):format(folder, folder))
    state.wait_for_log(server, "reload_failed")
    assert.equal("first", served())
    write_scripts(folder .. "/app/lua", "back")
    wait_for "back"
    write_scripts(folder .. "/app/lua", "edited")
    wait_for "edited"
  end)

  it("may be behind a link that is set to another folder", function()
    local function link(release)
      os.execute(("ln -s %s %s/new && mv -T %s/new %s/current")
        :format(release, folder, folder, folder))
    end
    write_scripts(folder .. "/one/lua", "one")
    write_scripts(folder .. "/two/lua", "two")
    link "one"
    server = support.serve { "--workers", "1", folder .. "/current/lua" }
    assert.equal("one", served())
    link "two"
    wait_for "two"
    write_scripts(folder .. "/two/lua", "edited")
    wait_for "edited"
  end)

  it("goes on as it was when the new one is broken", function()
    start { "--workers", "2" }
    local function breaks(name, text, message)
      support.write_file(folder .. "/" .. name, text)
      state.wait_for_log(server, message)
      assert.equal("first", served())
    end
    breaks("routes.lua", "return {\n  ['GET /x'] = function( end\n}",
      folder .. "/routes.lua:2: <name> or '...' expected near 'end'")
    breaks("routes.lua", "local t\nlocal x = t.field\nreturn {}",
      folder .. "/routes.lua:2: attempt to index a nil value (local 't')")
    breaks("routes.lua", "return { ['GET x'] = print }",
      folder .. "/routes.lua: pattern 'GET x'")
    state.wait_for_log(server, "level=error event=reload_failed", 3)
    support.write_file(folder .. "/routes.lua", ROUTES)
    save "mended"
    wait_for "mended"
  end)

  -- The second worker's state does not load, so the first one's is not used. Its
  -- finalizer waits for a byte in a pipe, until the test writes the byte.
  it("holds up nobody with the finalizers of a state that is not used", function()
    start { "--workers", "2", "--no-watch" }
    local path, begun = folder .. "/pipe", folder .. "/begun"
    assert.equal(0, (support.run("mkfifo " .. path)))
    local pipe = assert(io.open(path, "r+"))
    finally(function() -- also if the test fails
      pipe:write "xxxx"
      pipe:close()
    end)
    support.write_file(folder .. "/routes.lua", ([==[
      local loaded = %q
      if io.open(loaded) then error "the second one" end
      io.open(loaded, "w"):close()
      held = setmetatable({}, { __gc = function()
        io.open(%q, "w"):close()
        io.open(%q):read(1)
      end })
      return { ["GET /version"] = function() return "new" end }
    ]==]):format(folder .. "/loaded", begun, path))
    server:signal "HUP"
    support.wait_until(function() return support.exists(begun) end, "the finalizer")
    for target, expected in pairs { ["/healthz"] = 200, ["/metrics"] = 200,
      ["/version"] = 200 } do
      assert.equal(expected, raw_http.begin(server.port, target):read_reply().status)
    end
    assert.equal("first", served())
    state.wait_for_log(server, "reload_failed")
  end)

  it("is not looked at with --no-watch until SIGHUP", function()
    start { "--workers", "2", "--no-watch" }
    save "second"
    socket.sleep(0.7) -- in which a server that watches would have loaded it
    assert.equal("first", served())
    server:signal "HUP"
    wait_for "second"
  end)

  it("is reloaded by SIGHUP without a change, too", function()
    start { "--workers", "2" }
    server:signal "HUP"
    state.wait_for_log(server, "event=reloaded")
    assert.equal("first", served())
  end)

  it("is not killed by a SIGHUP while the first state is loaded", function()
    support.write_file(folder .. "/routes.lua", ROUTES)
    local loading, go_on = folder .. "/loading", folder .. "/go-on"
    support.write_file(folder .. "/version.lua", ([[
      io.open(%q, "w"):close()
      repeat until io.open(%q)
      return "first"
    ]]):format(loading, go_on))
    local port = support.free_port()
    server = support.start { support.perilune, "serve", "--listen", "127.0.0.1:" .. port,
      "--workers", "1", folder }
    server.url = "http://127.0.0.1:" .. port
    support.wait_until(function() return support.exists(loading) end, "the load")
    server:signal "HUP"
    socket.sleep(0.1) -- in which a server that the signal kills would end
    support.write_file(go_on, "")
    support.wait_until(function() return served() == "first" end, "the server")
  end)

  it("lets requests end that the old one is at", function()
    start { "--workers", "1" }
    local client = state.begin(server, "/sleep-until?file=" .. folder .. "/end")
    save "second"
    wait_for "second"
    -- A third state has to wait until the first one is gone.
    save "third"
    socket.sleep(0.5) -- in which it would be loaded otherwise
    assert.equal("second", served())
    support.write_file(folder .. "/end", "")
    assert.equal("first", client:finish())
    wait_for "third"
  end)

  it("leaves a long reply alone, whose client reads slowly", function()
    start { "--workers", "1" }
    local client = raw_http.connect(server.port, { receive_buffer = 65536 })
    client:request("/long", { headers = { Connection = "close" } })
    assert.equal("HTTP/1.1 200 OK", client:read_line())
    for i = 1, 3 do -- the third is loaded once the first one is gone
      save("version " .. i)
      wait_for("version " .. i)
      served "/others"
    end
    local body = client:read_to_end():match "\r\n\r\n(.*)$"
    client:close()
    assert.equal(#"first" << 20, #body)
    assert.is_true(body == ("first"):rep(1 << 20))
  end)

  it("waits for such a request no longer than five seconds", function()
    start { "--workers", "1" }
    local began = socket.gettime()
    local client = state.begin(server, "/sleep?seconds=60")
    save "second"
    assert.equal("HTTP/1.1 503 Service Unavailable", client:read_line())
    local took = socket.gettime() - began
    -- The handler sleeps for 60 s.
    assert.is_true(took > 4.9 and took < 30, "took " .. took)
    client:close()
  end)

  it("is given up at the end of the server, if it never loads", function()
    start { "--workers", "1" }
    support.write_file(folder .. "/version.lua",
      ("io.open(%q, 'w'):close()\nwhile true do end"):format(folder .. "/loading"))
    support.wait_until(function() return support.exists(folder .. "/loading") end, "the load")
    assert.equal("first", served())
    server:signal "TERM"
    assert.equal(0, server:wait())
  end)

  it("reaches the others when one worker never answers", function()
    start { "--workers", "2" }
    local stuck = state.begin(server, "/spin")
    for i = 1, 3 do
      save("version " .. i)
      wait_for("version " .. i)
    end
    server:signal "KILL"
    assert.equal(137, server:wait())
    stuck:close()
    start { "--workers", "1" }
  end)
end)
