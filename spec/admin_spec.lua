-- admin_spec.lua: `serve --admin`: a port of its own for what the process says
-- of itself.
local support = require "support"
local socket = require "socket"

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
  for _, line in ipairs { "event=listening address=127.0.0.1:" .. server.port,
    "event=listening_admin address=127.0.0.1:" .. admin_port } do
    support.wait_until(function() return server:output():find(line, 1, true) end, line)
  end
end)

it("it serves the admin's paths, over one connection, and no others", function()
  local client = assert(socket.connect("127.0.0.1", admin_port))
  client:settimeout(5)
  for _, case in ipairs { { "/healthz", 200 }, { "/hello", 404 }, { "/metrics", 200 },
    { "/debug/pprof/cmdline", 200 }, { "/", 404 }, { "/debug/pprof/heap", 200 } } do
    client:send(("GET %s HTTP/1.1\r\nHost: x\r\n\r\n"):format(case[1]))
    local length = 0
    local line = client:receive "*l"
    assert.equal(case[2], tonumber(line:match " (%d+) "), case[1])
    repeat
      length = tonumber(line:match "^Content%-Length: (%d+)") or length
      assert.is_nil(line:find "^Connection: close")
      line = client:receive "*l"
    until line == ""
    assert(client:receive(length))
  end
  client:close()
end)

it("the other port still has them", function()
  assert.equal(200, (support.request(server.url .. "/healthz")))
  assert.equal(200, (support.request(server.url .. "/hello")))
end)

it("it answers when the other is full of silent connections", function()
  local clients = {}
  for i = 1, 60 do clients[i] = assert(socket.connect("127.0.0.1", server.port)) end
  clients[60]:settimeout(5)
  assert.equal("HTTP/1.1 503 Service Unavailable", clients[60]:receive "*l")
  assert.equal(200, (support.request(admin_url .. "/healthz")))
  for _, client in ipairs(clients) do client:close() end
end)

it("it takes profiles while every worker spins", function()
  local client = assert(socket.connect("127.0.0.1", server.port))
  client:send "GET /forever HTTP/1.1\r\nHost: x\r\n\r\n"
  local status, body = support.request(admin_url .. "/debug/pprof/profile?seconds=1&format=folded")
  client:close()
  assert.equal(200, status)
  assert.truthy(body:find("routes.lua", 1, true), body)
end)

it("an address that is none, or taken, is refused by name", function()
  local code, _, err = support.command "serve --admin nonsense"
  assert.equal(2, code)
  assert.truthy(err:find("--admin: ", 1, true), err)
  code, _, err = support.command(("serve --listen 127.0.0.1:0 --admin 127.0.0.1:%d %s")
    :format(admin_port, folder))
  assert.equal(1, code)
  assert.truthy(err:find("127.0.0.1:" .. admin_port, 1, true), err)
end)
