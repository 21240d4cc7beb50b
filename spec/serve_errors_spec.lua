-- serve_errors_spec.lua: how `perilune serve` fails to start.
local support = require "support"
local socket = require "socket"

describe("perilune serve", function()
  local folder

  before_each(function() folder = support.new_folder() end)
  after_each(function() support.remove_folder(folder) end)

  -- Runs the server to its end. Returns the exit code and stderr.
  local function serve(arguments)
    local code, out, err = support.command(
      "serve --listen 127.0.0.1:0 " .. (arguments or ""))
    assert.equal("", out)
    return code, err
  end

  local function serve_routes(text)
    support.write_file(folder .. "/routes.lua", text)
    return serve(folder)
  end

  it("says in one line that the port is in use", function()
    local other = assert(socket.bind("127.0.0.1", 0))
    local _, port = other:getsockname()
    support.write_file(folder .. "/routes.lua", "return {}")
    local code, _, err = support.command(
      "serve --listen 127.0.0.1:" .. port .. " " .. folder)
    other:close()
    assert.equal(1, code)
    assert.equal("perilune: cannot listen on 127.0.0.1:" .. port ..
      ": Address already in use\n", err)
  end)

  it("names a routes.lua that is missing, and says what to give", function()
    local code, err = serve(folder)
    assert.equal(1, code)
    assert.truthy(err:find("perilune: cannot open " .. folder .. "/routes.lua",
      1, true), err)
    assert.truthy(err:find("`perilune serve DIR'.\n", 1, true), err)
  end)

  for what, case in pairs {
    ["does not parse"] = { "return {\n  a = = 1\n}", "routes.lua:2: unexpected symbol" },
    ["raises a table"] = { "error {}", "(error object is a table value)" },
    ["raises an error"] = { "\n\nerror 'boom'", "routes.lua:3: boom" },
    ["requires what is not there"] = { "return { x = require 'none' }", "module 'none' not found" },
    ["returns no table"] = { "return 5", "routes.lua: must return a table of routes, got number" },
    ["has a pattern that is none"] = { "return { function() end }", "a pattern must be a string, got number" },
    ["has a malformed pattern"] = { "return { ['GET x'] = print }", "pattern 'GET x': its path must begin with '/'" },
    ["has a handler that is none"] = { "return { ['GET /x'] = 1 }", "route 'GET /x' must be a function, got number" },
    ["has conflicting patterns"] = {
      "return { ['/a/{x}'] = print, ['/{x}/a'] = print }",
      "pattern '/{x}/a' conflicts with '/a/{x}'",
    },
  } do
    it("names a routes.lua that " .. what, function()
      local code, err = serve_routes(case[1])
      assert.equal(1, code)
      assert.equal("perilune: ", err:sub(1, 10))
      assert.truthy(err:find(folder .. "/routes.lua", 1, true), err)
      assert.truthy(err:find(case[2], 1, true), err)
    end)
  end

  it("names the line of a module that does not parse", function()
    support.write_file(folder .. "/data.lua", "local x = 1\nlocal y = = 2\n")
    local code, err = serve_routes "return { ['GET /'] = require 'data' }"
    assert.equal(1, code)
    assert.truthy(err:find(folder .. "/data.lua:2: unexpected symbol", 1, true), err)
  end)

  for arguments, reason in pairs {
    ["--workers 0"] = "--workers must be a whole number from 1 to 1024, got '0'",
    ["--workers two"] = "--workers must be a whole number from 1 to 1024, got 'two'",
    ["--listen nowhere"] = "--listen: 'nowhere' is not HOST:PORT",
    ["--listen 127.0.0.1:65536"] = "'127.0.0.1:65536' is not HOST:PORT",
    ["--exporters /no/where"] = "--exporters: cannot read the folder '/no/where': No such file",
    ["--nonsense"] = "unrecognized option '--nonsense'",
    ["a b"] = "one DIR at most, got 'b' too",
  } do
    it("explains its usage after " .. arguments, function()
      local code, err = serve(arguments)
      assert.equal(2, code)
      assert.truthy(err:find(reason, 1, true), err)
      assert.truthy(err:find("Try `perilune serve --help'", 1, true), err)
    end)
  end

  it("explains a PORT that is none", function()
    local code, _, err = support.run("PORT=http " ..
      support.quote(support.perilune) .. " serve " .. folder)
    assert.equal(2, code)
    assert.truthy(err:find("PORT must be from 0 to 65535, got 'http'", 1, true), err)
  end)

  it("takes PORT, and options from the environment", function()
    support.write_file(folder .. "/routes.lua", "return { ['/'] = function() return 'x' end }")
    local port = support.free_port()
    local server = support.start({ support.perilune, "serve", folder },
      "PERILUNE_WORKERS=3 PORT=" .. port)
    local status = support.wait_until(function()
      return (support.request("http://127.0.0.1:" .. port .. "/"))
    end)
    assert.equal(200, status)
    assert.truthy(server:output():find("address=127.0.0.1:" .. port .. " workers=3",
      1, true), server:output())
    assert.equal(0, server:stop())
  end)

  for _, arguments in ipairs { "serve --help", "serve -h", "help serve", "--help serve" } do
    it("has help: " .. arguments, function()
      local code, out = support.command(arguments)
      assert.equal(0, code)
      assert.truthy(out:find("--listen=HOST:PORT", 1, true), out)
    end)
  end
end)

it("help on a command that is none is refused", function()
  local code, out, err = support.command "help nothing"
  assert.same({ 2, "" }, { code, out })
  assert.truthy(err:find("unknown command 'nothing'", 1, true), err)
end)

it("version takes no argument", function()
  local code, out = support.command "version"
  assert.equal(0, code)
  assert.truthy(out:find "^perilune [%d.]+")
  for _, command in ipairs { "version x", "--version x", "version --colour" } do
    local err
    code, out, err = support.command(command)
    assert.same({ 2, "" }, { code, out })
    assert.truthy(err:find("perilune version --help", 1, true), err)
  end
end)
