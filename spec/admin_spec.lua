-- admin_spec.lua: `serve --admin`: a separate port for the paths by which the
-- process reports on itself.
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"

local folder, server, admin_port, admin_url

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua",
    'return { ["GET /hello"] = function() return "hello" end,'
    .. ' ["GET /forever"] = function() while true do end end }')
  admin_port = support.free_port()
  admin_url = "http://127.0.0.1:" .. admin_port
  server = support.serve { "--workers", "1", "--max-connections", "20",
    "--admin", "127.0.0.1:" .. admin_port, folder }
end)

teardown(function()
  server:signal "KILL"
  server:stop()
  support.remove_folder(folder)
end)

it("both addresses are in the log", function()
  state.wait_for_log(server, "event=listening address=127.0.0.1:" .. server.port)
  state.wait_for_log(server, "event=listening_admin address=127.0.0.1:" .. admin_port)
end)

it("the admin port serves the admin's paths over one connection, and no others", function()
  local client = raw_http.connect(admin_port)
  for _, case in ipairs { { "/healthz", 200 }, { "/hello", 404 }, { "/metrics", 200 },
    { "/debug/pprof/cmdline", 200 }, { "/", 404 }, { "/debug/pprof/heap", 200 } } do
    local reply = client:request(case[1]):read_reply()
    assert.equal(case[2], reply.status, case[1])
    assert.is_nil(reply.headers.connection)
  end
  client:close()
end)

it("the first port serves both kinds of paths", function()
  assert.equal(200, (support.request(server.url .. "/healthz")))
  assert.equal(200, (support.request(server.url .. "/hello")))
end)

it("the admin port answers when the first port is full of silent connections", function()
  local clients = {}
  for i = 1, 60 do clients[i] = raw_http.connect(server.port) end
  assert.equal(503, clients[60]:read_reply().status)
  assert.equal(200, (support.request(admin_url .. "/healthz")))
  for _, client in ipairs(clients) do client:close() end
end)

it("the admin port takes profiles while every worker spins", function()
  local client = state.begin(server, "/forever")
  -- A profile of a second can be without a sample if other processes have all
  -- cores.
  support.wait_until(function()
    local status, body = support.request(admin_url .. "/debug/pprof/profile?seconds=1&format=folded")
    assert.equal(200, status)
    return body:find("routes.lua", 1, true)
  end, "a sample of the handler")
  client:close()
end)

it("an address that is invalid or in use is refused by name", function()
  local code, _, err = support.command "serve --admin nonsense"
  assert.equal(2, code)
  assert.truthy(err:find("--admin: ", 1, true), err)
  code, _, err = support.command(("serve --listen 127.0.0.1:0 --admin 127.0.0.1:%d %s")
    :format(admin_port, folder))
  assert.equal(1, code)
  assert.truthy(err:find("127.0.0.1:" .. admin_port, 1, true), err)
end)
