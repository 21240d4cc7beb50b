-- contract_spec.lua: the same requests to Perilune and to a Go program with
-- net/http/pprof get the same answers: status, headers, shape of the body.
-- Needs: go core
local go_pprof = require "go_pprof"
local raw_http = require "raw_http"
local server_state = require "server_state"
local support = require "support"

local folder, server, go, go_url

setup(function()
  folder = support.new_folder()
  local code, _, err = support.run(("cd %s/spec/go/contract && go build -o %s/go-server main.go")
    :format(support.source, folder))
  assert(code == 0, err)
  go = support.start { "sh", "-c", "sleep 600 | exec " .. folder .. "/go-server" }
  go_url = "http://" .. support.wait_until(function()
    return go:output():match "^(%S+)\n"
  end, "the Go program")
  server = support.serve { "--workers", "2", support.source .. "/lua" }
  -- So that no profile is empty: both workers have wanted the lock at the same time.
  local load = support.start { support.perilune, "load", server.url .. "/data",
    "-u", "4", "-d", "1h" }
  support.wait_until(function()
    local _, folded = support.request(server.url .. "/debug/pprof/mutex?format=folded")
    return folded:find "data.save_totals"
  end, "a contended lock", 120)
  load:stop()
end)

teardown(function()
  support.run("pkill -P " .. go.pid)
  go:stop()
  assert.equal(0, server:stop())
  support.remove_folder(folder)
end)

--- Reads a reply from the files that curl wrote.
local function read_reply(name)
  local head, headers = support.read_file(folder .. "/" .. name .. ".head"), {}
  for key, value in head:gmatch "\r?\n([^:\r\n]+): *([^\r\n]*)" do
    key = key:lower()
    headers[key] = headers[key] and headers[key] .. ", " .. value or value
  end
  local body = folder .. "/" .. name .. ".body"
  return { status = tonumber(head:match "^HTTP/%S+ (%d+)"), headers = headers,
    body = support.exists(body) and support.read_file(body) or "" }
end

--- Sends requests to both servers, all at once, because many of them take a
-- second. Returns { ours, theirs } of each.
local function ask_all(requests)
  local command = { "cd " .. folder .. " && rm -f *.head *.body" }
  for i, request in ipairs(requests) do
    local method, path, body = request:match "^(%u+) (%S+) ?(.*)$"
    local how = method == "HEAD" and "-I" or "-X " .. method
    if body ~= "" then how = how .. " --data-binary " .. support.quote(body) end
    for name, url in pairs { ours = server.url, theirs = go_url } do
      command[#command + 1] = ("curl -sS -g -m 300 %s -D %s-%d.head -o %s-%d.body %s & jobs=\"$jobs $!\""):format(
        how, name, i, name, i, support.quote(url .. path))
    end
  end
  command[#command + 1] = "for job in $jobs; do wait $job || exit 1; done"
  local code, _, err = support.run(table.concat(command, "\n"))
  assert(code == 0, err)
  local replies = {}
  for i in ipairs(requests) do
    replies[i] = { read_reply("ours-" .. i), read_reply("theirs-" .. i) }
  end
  return replies
end

local function ask(request) return table.unpack(ask_all { request }[1]) end

local HEADERS = { "content-type", "content-disposition", "x-content-type-options",
  "x-go-pprof", "content-encoding", "location" }

local function compare_heads(ours, theirs)
  assert.equal(theirs.status, ours.status)
  for _, name in ipairs(HEADERS) do
    assert.equal(theirs.headers[name] or "none", ours.headers[name] or "none", name)
  end
end

--- Returns what go tool pprof prints of a profile, without its samples, its time
-- and its duration.
local function shape(body, name)
  local file = folder .. "/" .. name
  support.write_file(file, body)
  assert.equal("\31\139", body:sub(1, 2)) -- gzip
  local out = go_pprof.read("-raw " .. file, folder)
  local head = out:match "^(.-\nSamples:\n[^\n]*)\n"
  return (head:gsub("Comment: [^\n]*\n", ""):gsub("Comments: [^\n]*\n", "")
    :gsub("Doc: [^\n]*\n", ""):gsub("Time: [^\n]+", "Time")
    :gsub("Duration: [^\n]+", "Duration"):gsub("%s+\n", "\n"))
end

describe("a profile:", function()
  local PATHS = {
    "allocs", "block", "goroutine", "heap", "mutex", "threadcreate",
    "heap?gc=1", "heap?debug=0", "goroutine?debug=0",
    "allocs?seconds=1", "block?seconds=1", "goroutine?seconds=1",
    "heap?seconds=1", "mutex?seconds=1", "threadcreate?seconds=1",
    "heap?gc=1&seconds=1", "block?seconds=1&debug=0", "heap?debug=x", "heap?gc=x",
    "heap?seconds=", "heap?debug=1x", "heap?debug=%201", "mutex?seconds=%2B1",
    "block?seconds=1&seconds=x",
    -- The last one is asked for alone, because Go takes one CPU profile at a time.
    "profile?seconds=1", "profile?seconds=1&debug=1",
  }
  local replies

  setup(function()
    local requests = {}
    for i, path in ipairs(PATHS) do requests[i] = "GET /debug/pprof/" .. path end
    local last = table.remove(requests)
    replies = ask_all(requests)
    replies[#PATHS] = { ask(last) }
  end)

  for i, path in ipairs(PATHS) do
    it(path, function()
      local ours, theirs = table.unpack(replies[i])
      compare_heads(ours, theirs)
      assert.equal(200, ours.status)
      local expected = shape(theirs.body, "theirs")
      if path == "allocs?seconds=1" then -- Go leaves out the default type
        expected = expected:gsub("alloc_space/bytes inuse", "alloc_space/bytes[dflt] inuse")
      end
      assert.equal(expected, shape(ours.body, "ours"))
    end)
  end
end)

--- Returns the first lines, up to where stacks begin, without numbers, and the
-- list of the lines that follow.
local function outline(text)
  local head, kinds = {}, {}
  for line in text:gmatch "[^\n]*" do
    local plain = line:gsub("0x%x+", "X"):gsub("%d+", "N")
    if #kinds == 0 and not line:find "^[%d%s:%[%]]+ @" then
      head[#head + 1] = plain:gsub("@ heap/N", "@ heap/" .. (line:match "heap/(%d+)" or ""))
    else
      kinds[#kinds + 1] = line
    end
  end
  return table.concat(head, "\n"), kinds
end

describe("a text:", function()
  for _, path in ipairs {
    "allocs?debug=1", "block?debug=1", "goroutine?debug=1", "heap?debug=1",
    "mutex?debug=1", "threadcreate?debug=1", "heap?debug=2", "heap?gc=1&debug=1",
    "heap?debug=-1", "goroutine?debug=1&debug=2",
  } do
    it(path, function()
      local ours, theirs = ask("GET /debug/pprof/" .. path)
      compare_heads(ours, theirs)
      local head, lines = outline(ours.body)
      local go_head = outline(theirs.body)
      assert.equal(go_head, head)
      assert.is_true(#lines > 0)
      for _, line in ipairs(lines) do
        assert.truthy(line == "" or line:find "^[%d%s:%[%]]+ @[ 0-9a-fx]*$"
          or line:find "^#\t0x%x+\t.+%+0x%x+\t.*$" or line:find "^# labels: {.*}$", line)
      end
    end)
  end

  it("goroutine?debug=2", function()
    local ours, theirs = ask "GET /debug/pprof/goroutine?debug=2"
    compare_heads(ours, theirs)
    local function check(text)
      local n = 0
      for block in (text:gsub("\n*$", "") .. "\n\n"):gmatch "(.-)\n\n" do
        n = n + 1
        assert.truthy(block:find "^goroutine %d+ %[[^%]]+%]:\n", block)
        local frames = 0
        for _, place in block:gmatch "\n([^\n]+%(.-%))\n\t([^\n]+)" do
          frames = frames + 1
          assert.truthy(place:find "^.+:%d+" or place == "[C]" or place:find " %+0x%x+$", place)
        end
        assert.is_true(frames > 0, block)
      end
      return n
    end
    assert.is_true(check(theirs.body) > 2)
    assert.is_true(check(ours.body) > 4)
  end)
end)

describe("an error:", function()
  for _, path in ipairs {
    "nothing", "cmdline/x", "Heap", "nothing?seconds=1", "heap/", "heap?seconds=0",
    "heap?seconds=%201", "heap?seconds=0x1", "heap?seconds=99999999999999999999", "heap?seconds=-1", "heap?seconds=x",
    "heap?seconds=1.5", "allocs?seconds=0", "block?seconds=y", "mutex?seconds=z",
    "goroutine?seconds=0", "threadcreate?seconds=0", "heap?seconds=1&debug=1",
    "goroutine?seconds=1&debug=2", "mutex?seconds=1&debug=1",
  } do
    it(path, function()
      local ours, theirs = ask("GET /debug/pprof/" .. path)
      assert.is_true(theirs.status >= 400)
      compare_heads(ours, theirs)
      assert.equal(theirs.body, ours.body)
    end)
  end
end)

describe("another request:", function()
  it("the folder without its slash", function()
    local ours, theirs = ask "GET /debug/pprof"
    assert.equal(301, ours.status)
    assert.truthy(theirs.status == 301 or theirs.status == 307) -- since Go 1.26
    assert.equal(theirs.headers.location, ours.headers.location)
  end)

  it("the index, with the number of each", function()
    local ours, theirs = ask "GET /debug/pprof/"
    compare_heads(ours, theirs)
    local names = {}
    for href in theirs.body:gmatch "<a href=['\"]([^'\"]+)['\"]" do
      names[#names + 1] = href
      local name = href:match "^[^?]+"
      assert.truthy(ours.body:find('<a href="' .. name .. '[?"]'), name)
    end
    assert.is_true(#names >= 9)
    for _, name in ipairs { "goroutine", "threadcreate", "heap", "allocs", "block", "mutex" } do
      local pattern = "<td>(%d+)</td>%s*<td><a href=['\"]?" .. name .. "%?debug=1"
      assert.truthy(theirs.body:find(pattern), theirs.body)
      assert.is_true(tonumber(ours.body:match(pattern)) > 0, name)
    end
  end)

  it("the command line", function()
    local ours, theirs = ask "GET /debug/pprof/cmdline"
    compare_heads(ours, theirs)
    assert.truthy(ours.body:find "^[^%z]+%zserve%z")
    assert.truthy(theirs.body:find "go%-server$")
  end)

  it("symbols", function()
    for _, request in ipairs { "GET /debug/pprof/symbol", "GET /debug/pprof/symbol?0x1",
      "GET /debug/pprof/symbol?nothing" } do
      local ours, theirs = ask(request)
      compare_heads(ours, theirs)
      assert.equal(theirs.body, ours.body, request)
    end
    -- go tool pprof sends addresses by POST, which Go's own server refuses since 1.22.
    local ours, theirs = ask "POST /debug/pprof/symbol 0x1+0x2"
    assert.truthy(theirs.status == 200 or theirs.status == 405)
    assert.equal(200, ours.status)
    assert.equal("num_symbols: 1\n", ours.body)
  end)

  it("by another method", function()
    for _, request in ipairs { "HEAD /debug/pprof/heap", "HEAD /debug/pprof/",
      "HEAD /debug/pprof/cmdline", "HEAD /debug/pprof/goroutine?debug=2",
      "HEAD /debug/pprof/profile?seconds=1", "HEAD /debug/pprof/symbol",
      "HEAD /debug/pprof/nothing" } do
      local ours, theirs = ask(request)
      assert.equal(theirs.status, ours.status, request)
      assert.equal(theirs.headers["content-type"], ours.headers["content-type"], request)
    end
  end)

  it("by a method that changes things", function()
    for _, method in ipairs { "POST", "PUT", "DELETE", "OPTIONS" } do
      for _, path in ipairs { "", "/", "/heap", "/profile?seconds=1", "/trace", "/cmdline",
        "/nothing" } do
        local ours, theirs = ask(method .. " /debug/pprof" .. path)
        assert.equal(405, ours.status, method .. path)
        assert.equal("GET, HEAD", ours.headers.allow)
        assert.equal("nosniff", ours.headers["x-content-type-options"])
        -- Go before 1.22 accepts every method.
        assert.truthy(theirs.status == 405 or theirs.status < 400 or path == "/nothing")
        if theirs.status == 405 then assert.equal(theirs.body, ours.body) end
      end
    end
    local ours = ask "DELETE /debug/pprof/symbol"
    assert.equal(405, ours.status)
    assert.equal("GET, HEAD, POST", ours.headers.allow)
    assert.equal(405, (support.request(server.url .. "/debug/fgprof", { method = "POST" })))
  end)

  it("a trace, each in a format of its own", function()
    for _, query in ipairs { "seconds=0.2", "seconds=x" } do
      local ours, theirs = ask("GET /debug/pprof/trace?" .. query)
      assert.equal(200, theirs.status)
      assert.equal(200, ours.status)
      assert.equal('attachment; filename="trace"', theirs.headers["content-disposition"])
      assert.equal('attachment; filename="trace.json"', ours.headers["content-disposition"])
      assert.equal("nosniff", ours.headers["x-content-type-options"])
      assert.truthy(theirs.body:find "^go 1%.")
      assert.truthy(ours.body:find '^{"')
    end
  end)

  it("seconds of the CPU that are none are 30", function()
    for _, path in ipairs { "profile?seconds=x", "profile?seconds=0", "profile?seconds=-3", "profile" } do
      for _, url in ipairs { server.url, go_url } do
        -- The test is that no reply comes within 0.3 s: a refusal comes at once. Go
        -- also refuses a profile while the previous profile has not ended.
        support.wait_until(function()
          local client = raw_http.begin(tonumber(url:match ":(%d+)$"), "/debug/pprof/" .. path)
          local is_silent = client:is_silent(0.3)
          local status = not is_silent and client:read_reply().status
          client:close()
          assert.is_true(is_silent or (status == 500 and url == go_url), path)
          return is_silent
        end, "a profile that has begun", 60)
        if url == server.url then server_state.wait_for_profiles(server, 0) end
      end
    end
  end)
end)

describe("a scraper's", function()
  -- The requests of Parca and Grafana Alloy, by default, to a server that idles.
  local idle
  setup(function() idle = support.serve { "--workers", "2", support.source .. "/lua" } end)
  teardown(function() assert.equal(0, idle:stop()) end)

  for _, path in ipairs { "allocs", "block", "goroutine?debug=0", "mutex", "profile?seconds=1",
    "heap", "delta_heap", "delta_mutex" } do
    local delta = path:match "^delta_(.+)"
    path = delta and delta .. "?seconds=1" or path
    it(path .. " is a valid profile", function()
      local status, body, headers = support.request(idle.url .. "/debug/pprof/" .. path)
      assert.equal(200, status)
      assert.equal("application/octet-stream", headers["content-type"])
      shape(body, "idle")
    end)
  end
end)
