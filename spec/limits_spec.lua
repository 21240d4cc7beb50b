-- limits_spec.lua: the server serves and keeps as many connections as it may
-- have. Each further one gets a 503 at once, and the admin still answers. Where a
-- process may not have 20,000 connections, bench/connections.sh runs this spec on
-- its own kernel.
-- Needs: core
local raw_http = require "raw_http"
local state = require "server_state"
local support = require "support"
local socket = require "socket"

local ROUTES = [==[
return { ["GET /hello"] = function() return "hello" end }
]==]

-- A program that opens N connections and uses each. Then, whenever it reads a
-- line, it uses each again. It prints how many requests were answered. It sends
-- a hundred requests before it reads their replies, because on a busy machine
-- each wait for a reply costs a turn of the scheduler.
local HOLDER = [==[
local raw_http = require "raw_http"
local port, n = tonumber(arg[1]), tonumber(arg[2])
local clients = {}

local function is_answered(client)
  local ok, reply = pcall(client.read_reply, client)
  return ok and reply.status == 200 and reply.body == "hello"
end

local function use_all()
  local answered = 0
  for first = 1, n, 100 do
    local last = math.min(first + 99, n)
    for i = first, last do
      clients[i] = clients[i] or raw_http.connect(port)
      clients[i]:request "/hello"
    end
    for i = first, last do
      if is_answered(clients[i]) then answered = answered + 1 end
    end
  end
  return answered
end

repeat
  io.write(use_all(), "\n")
  io.flush()
until not io.read()
]==]

local folder

--- Starts a process that holds n connections.
local function hold(port, n)
  local fifo = ("%s/go%d"):format(folder, n)
  assert(os.execute("mkfifo " .. fifo))
  local process = support.start { "sh", "-c",
    ("ulimit -n %d; LUA_PATH='%s/spec/?.lua;;' exec lua5.4 %s/holder.lua %d %d <>%s"):format(
      n + 64, support.source, folder, port, n, fifo) }
  --- Returns the counts that the process has written.
  function process:counts()
    local counts = {}
    for count in self:output():gmatch "(%d+)\n" do counts[#counts + 1] = tonumber(count) end
    return counts
  end
  function process:go() support.write_file(fifo, "go\n") end
  return process
end

local function wait_for_count(holder, i)
  support.wait_until(function()
    assert.is_nil(holder:output():find "[^%d\n]", holder:output())
    return #holder:counts() >= i
  end, "the holder", 400)
  return holder:counts()[i]
end

local function resident_bytes(server) return state.metric(server, "process_resident_memory_bytes") end

setup(function()
  folder = support.new_folder()
  os.execute("mkdir " .. folder .. "/lua")
  support.write_file(folder .. "/lua/routes.lua", ROUTES)
  support.write_file(folder .. "/holder.lua", HOLDER)
end)

teardown(function() support.remove_folder(folder) end)

it("20,000 connections are kept and served", function()
  local server = support.serve { "--workers", "2", "--idle-timeout", "600", folder .. "/lua" }
  -- Fewer if a process may not have so many descriptors.
  local total = math.min(20000, state.metric(server, "perilune_http_connections_max"))
  local before = resident_bytes(server)
  local halves = { total // 2, total - total // 2 - 1 }
  local holders = {}
  for i, n in ipairs(halves) do holders[i] = hold(server.port, n) end
  for i, n in ipairs(halves) do assert.equal(n, wait_for_count(holders[i], 1)) end
  for i, n in ipairs(halves) do
    holders[i]:go()
    assert.equal(n, wait_for_count(holders[i], 2))
  end
  assert.equal(200, (support.request(server.url .. "/hello")))
  -- libmicrohttpd has 16 KiB of these for the heads of requests.
  local each = (resident_bytes(server) - before) / total
  local _, limit = support.run "ulimit -Hn"
  print(("%d connections, each answered twice, with %.1f KiB; ulimit -Hn is %s")
    :format(total, each / 1024, limit:match "%S+"))
  assert.is_true(each < 32 * 1024, each .. " bytes a connection")
  for _, holder in ipairs(holders) do holder:stop() end
  support.wait_until(function() return state.metric(server, "perilune_http_connections") < 10 end,
    "connections to be closed")
  assert.equal(0, server:stop())
end)

describe("with --max-connections, a server that is full", function()
  local server, holder

  setup(function()
    server = support.serve { "--workers", "2", "--max-connections", "300", folder .. "/lua" }
    holder = hold(server.port, 300)
    assert.equal(300, wait_for_count(holder, 1))
  end)

  teardown(function()
    holder:stop()
    assert.equal(0, server:stop())
  end)

  --- The connection must get a 503 and be closed.
  local function is_refused(client)
    local all = client:read_to_end()
    client:close()
    return all:find "^HTTP/1.1 503 .*too many connections\n$"
  end

  local function ask() return raw_http.begin(server.port, "/hello") end

  it("answers every further request with 503, one after the other", function()
    for _ = 1, 500 do assert.truthy(is_refused(ask())) end
  end)

  it("answers every further request with 503, hundreds at once", function()
    local clients = {}
    for i = 1, 400 do clients[i] = ask() end
    for _, client in ipairs(clients) do assert.truthy(is_refused(client)) end
  end)

  it("still has its profiles, metrics and health", function()
    for _, path in ipairs { "/healthz", "/metrics", "/debug/pprof/heap" } do
      assert.equal(200, (support.request(server.url .. path)))
    end
  end)

  it("serves those that it has", function()
    holder:go()
    assert.equal(300, wait_for_count(holder, 2))
  end)

  it("takes new ones when some have gone", function()
    holder:signal "KILL"
    support.wait_until(function()
      return support.request(server.url .. "/hello") == 200
    end, "room")
  end)
end)

it("a connection is closed after --idle-timeout, and not before", function()
  local server = support.serve { "--workers", "1", "--idle-timeout", "2", folder .. "/lua" }
  local client = raw_http.connect(server.port)
  -- Pauses below the timeout, in all longer than it.
  for _ = 1, 4 do
    assert.equal("hello", client:request("/hello"):read_reply().body)
    socket.sleep(0.6)
  end
  local used = socket.gettime() - 0.6
  assert.equal("", client:read_to_end())
  -- libmicrohttpd counts in whole steps of its coarse clock.
  assert.is_true(socket.gettime() - used > 1.8)
  client:close()
  assert.equal(0, server:stop())
end)

it("more connections than there are descriptors are refused at start", function()
  local code, _, err = support.command("serve --max-connections 2000000000 " .. folder .. "/lua")
  assert.equal(1, code)
  assert.truthy(err:find "max%-connections 2000000000: the limit of open files, %d+, leaves room for %d+", err)
end)
