-- http_batch_spec.lua: prepared requests, and several requests at once.
local support = require "support"
local target = require "http_target"
local run, count_of = target.run, target.count_of

setup(target.start)
teardown(target.stop)

describe("prepared requests", function()
  it("are sent again and again", function()
    local out = run([[
      local get = http.prepare { url = "BASE/echo/x?a=b" }
      local post = http.prepare { url = "BASE/echo/y", method = "POST", body = "body",
        headers = { ["X-Test"] = "1", Host = "mine" } }
      for _ = 1, 3 do
        local came = http.send(get):json()
        check(came.method == "GET" and came.query.a == "b", "GET")
        check(came.body == "" and not came.headers["content-length"], "no body")
        check(came.headers.host == ("BASE"):match("//(.*)"), "Host")
        came = post:send():json()
        check(came.method == "POST" and came.path == "/echo/y", "POST")
        check(came.body == "body" and came.headers["content-length"] == "4", "body")
        check(came.headers.host == "mine" and came.headers["x-test"] == "1", "headers")
      end
      check(get:send().url == "BASE/echo/x?a=b", "url")
    ]], 'userAgent = "spec/2"', "-u 3 -i 30")
    assert.equal(30 * 7, count_of(out, "http_reqs"))
  end)

  it("are what the params say", function()
    local out = run [[
      local function prepare(path, params)
        params.url = "BASE" .. path
        return http.prepare(params)
      end
      check(prepare("/redirect/302?to=/echo/", {}):send():json().path == "/echo/", "followed")
      local not_found = prepare("/status/404", { responseType = "none",
        responseCallback = http.expectedStatuses(404) })
      check(not_found:send().body == "" and not_found:send().status == 404, "not found")
      check(prepare("/loop", { redirects = 1 }):send().status == 302, "redirects")
      check(prepare("/slow", { timeout = "50ms" }):send().error_code == 1050, "timeout")
      local jar = http.CookieJar()
      jar:set("BASE/", "a", "1")
      local with = prepare("/echo/", { jar = jar, cookies = { b = "2" } })
      jar = nil
      collectgarbage()
      check(with:send():json().headers.cookie == "b=2; a=1", "cookies")
      local user = http.prepare { url = ("BASE"):gsub("//", "//u:p@") .. "/echo/" }
      check(user:send():json().headers.authorization == "Basic dTpw", "user")
    ]]
    assert.truthy(out:find("http_req_failed%.*: 11.11%% +1 out of 9"), out)
  end)

  it("have their tags", function()
    run([[
      local tagged = http.prepare { url = "BASE/echo/", tags = { name = "tagged" } }
      tagged:send()
      http.batch { tagged, tagged, "BASE/echo/" }
      http.get("BASE/echo/")
    ]], 'thresholds = { ["http_reqs{name:tagged}"] = "count==3" }')
  end)

  it("have the cookies of who sends them", function()
    run([[
      http.prepared = http.prepared or http.prepare { url = "BASE/echo/", method = "PUT",
        body = ("x"):rep(1000) }
      check(http.prepared:send():json().headers.cookie == nil, "none")
      http.cookieJar():set("BASE/", "vu", tostring(t.vu))
      t.sleep(0.02)
      local came = http.prepared:send():json()
      check(came.headers.cookie == "vu=" .. t.vu, "own")
      check(#came.body == 1000, "body")
    ]], nil, "-u 5 -i 20")
  end)

  it("have the user agent that is set", function()
    local path, agents = target.folder .. "/agent.lua", target.folder .. "/agents"
    support.write_file(target.folder .. "/asking.lua", (([[
      return require("http").prepare { url = "BASE/agent" }
    ]]):gsub("BASE", target.url)))
    support.write_file(path, (([[
      local http, asking = require "http", require "asking"
      return { options = { userAgent = "spec/3" }, default = function()
        local file = io.open("AGENTS", "w")
        file:write(asking:send().body, "\n", http.prepare { url = "BASE/agent",
          headers = { ["User-Agent"] = "mine" } }:send().body)
        file:close()
      end }
    ]]):gsub("AGENTS", agents):gsub("BASE", target.url)))
    assert.equal(0, (support.command("load -q " .. path)))
    assert.equal("spec/3\nmine", support.read_file(agents))
  end)

  it("are refused when wrong", function()
    run [[
      local function refused(pattern, ...)
        local ok, why = pcall(http.prepare, ...)
        check(not ok and why:find(pattern), pattern)
      end
      refused("table expected")
      refused("url must be a string, got a nil", {})
      refused("invalid URL", { url = "nonsense" })
      refused("method must be one in capitals, got 'get'", { url = "BASE/", method = "get" })
      refused("body must be a string, got a table", { url = "BASE/", body = {} })
      refused("params.pfad: unknown", { url = "BASE/", pfad = 1 })
      local ok, why = pcall(http.send, "BASE/")
      check(not ok and why:find "perilune.prepared expected", "no URL")
    ]]
  end)
end)

describe("a batch", function()
  it("has its responses under the keys of its requests", function()
    local out = run [[
      local user = ("BASE"):gsub("//", "//u:p@")
      local prepared = http.prepare { url = "BASE/echo/prepared" }
      local all = http.batch {
        "BASE/echo/1",
        { "POST", "BASE/echo/2", "body", { headers = { ["X-Test"] = "1" } } },
        named = { url = "BASE/echo/3", method = "PUT", body = "x" },
        { url = "BASE/echo/4" },
        prepared, prepared,
        moved = { "GET", "BASE/redirect/302?to=/echo/5" },
        user = user .. "/echo/6",
        wrong = "nonsense",
        [42] = { "HEAD", "BASE/echo/7" },
      }
      check(all[1]:json().path == "/echo/1" and all[1]:json().method == "GET", "URL")
      local came = all[2]:json()
      check(came.method == "POST" and came.body == "body" and
        came.headers["x-test"] == "1", "list")
      check(all.named:json().method == "PUT" and all.named:json().body == "x", "names")
      check(all[3]:json().path == "/echo/4", "no method")
      check(all[4]:json().path == "/echo/prepared" and all[5].status == 200, "prepared")
      check(all.moved.url == "BASE/echo/5", "redirected")
      check(all.user:json().headers.authorization == "Basic dTpw", "user")
      check(all.wrong.error_code == 1020 and all.wrong.status == 0, "wrong")
      check(all[42].status == 200 and all[42].body == "", "HEAD")
      local n = 0
      for _ in pairs(all) do n = n + 1 end
      check(n == 10, "all")
      check(next(http.batch {}) == nil, "none")
    ]]
    assert.equal(11, count_of(out, "http_reqs"))
  end)

  it("has so many requests on their way at once", function()
    local function most(n, options)
      local reply = target.folder .. "/peak"
      local out = run((([[
        http.get("BASE/gate/reset?total=30")
        local requests = {}
        for i = 1, 30 do requests[i] = "BASE/gate/pass?n=LIMIT" end
        for _, res in ipairs(http.batch(requests)) do check(res.status == 200, "done") end
        local file = io.open("REPLY", "w")
        file:write(http.get("BASE/gate/peak").body)
        file:close()
      ]]):gsub("REPLY", reply):gsub("LIMIT", n)), options)
      assert.equal(32, count_of(out, "http_reqs"))
      return tonumber(support.read_file(reply))
    end
    assert.equal(6, most(6))
    assert.equal(20, most(20, "batchPerHost = 0"))
    assert.equal(3, most(3, "batchPerHost = 0, batch = 3"))
  end)

  it("keeps a limit for each host", function()
    local out = run([[
      local there = ("BASE"):gsub("127.0.0.1", "localhost")
      http.get("BASE/gate/reset?total=10&hosts=2&per_host=2")
      local requests = {}
      for i = 1, 10 do
        requests[i] = "BASE/gate/pass?n=4"
        requests[10 + i] = there .. "/gate/pass?n=4"
      end
      http.batch(requests)
      check(http.get("BASE/gate/peak").body == "4", "two each")
    ]], "batchPerHost = 2")
    assert.equal(22, count_of(out, "http_reqs"))
  end)

  it("keeps connections for the next one", function()
    run [[
      local function connected()
        local n = 0
        for _, res in ipairs(http.batch { "BASE/echo/", "BASE/echo/", "BASE/echo/" }) do
          n = n + (res.timings.connecting > 0 and 1 or 0)
        end
        return n
      end
      check(connected() == 3, "new at first")
      check(connected() == 0, "kept")
    ]]
  end)

  it("lives while it waits", function()
    run([[
      if t.vu == 1 then
        local requests = {}
        for i = 1, 10 do
          requests[i] = { method = "GE" .. "T", url = "BASE/redirect/302?wait=0.05&to=/echo/" .. i,
            params = { jar = http.CookieJar() } }
        end
        http.requests = requests
        for i, res in ipairs(http.batch(requests)) do
          check(res.status == 200 and res.url == "BASE/echo/" .. i, "alive")
        end
      else
        t.sleep(0.02)
        for i in ipairs(http.requests or {}) do
          local request = http.requests[i]
          request.url, request.method, request.params.jar, http.requests[i] = nil
        end
        collectgarbage()
        collectgarbage()
      end
    ]], "batchPerHost = 3", "-u 2 -i 2")
  end)

  it("is broken off with its iteration", function()
    local path = target.folder .. "/broken.lua"
    support.write_file(path, (([[
      local http = require "http"
      return { options = { scenarios = { s = { executor = "constant-vus", vus = 2,
          duration = "500ms", gracefulStop = "0s" } } },
        default = function()
          http.batch { "BASE/wait", "BASE/wait", "BASE/wait" }
        end }
    ]]):gsub("BASE", target.url)))
    local code, out = support.command("load -q " .. path)
    assert.equal(0, code)
    assert.truthy(out:find("2 iterations were interrupted"), out)
  end)

  it("may be a handler's", function()
    run [[
      check(http.get("BASE/batch").body == "200 200 1020", "answered")
    ]]
  end)

  it("is refused when wrong", function()
    run [[
      local function refused(pattern, requests)
        local ok, why = pcall(http.batch, requests)
        check(not ok and why:find(pattern), pattern)
      end
      refused("table expected", nil)
      refused("a request must be a URL, a prepared one", { 5 })
      refused("a URL must be a string, got a nil", { {} })
      refused("a URL must be a string, got a table", { { url = {} } })
      refused("a method must be one in capitals", { { "get", "BASE/" } })
      refused("a method must be one in capitals", { { url = "BASE/", method = 5 } })
      refused("the body must be a string, got a table", { { "POST", "BASE/", {} } })
      refused("params must be a table, got a string", { { "POST", "BASE/", "", "x" } })
      refused("params.pfad: unknown", { "BASE/", { "POST", "BASE/", "", { pfad = 1 } } })
    ]]
  end)
end)
