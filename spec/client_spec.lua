-- client_spec.lua: `require "http"` in load scripts: what is sent, and what a
-- script sees of the replies, against a server of handlers made for it.
local support = require "support"

local ROUTES = [==[
local gzip = require "gzip"
local scheduler = require "scheduler"
local gate = {}

-- What came, as JSON.
local function echo(req)
  local headers = {}
  for _, name in ipairs { "host", "referer", "authorization", "cookie", "content-type",
    "content-length", "x-test" } do
    headers[name] = req.headers[name]
  end
  return { method = req.method, path = req.path, query = req.query, body = req.body,
    headers = headers }
end

-- Where to: the query's `to`, %-encoded.
local function redirect(req)
  if req.query.wait then scheduler.sleep(tonumber(req.query.wait)) end
  return tonumber(req.params.status), "moved", { Location = req.query.to }
end

return {
  ["/echo/{rest...}"] = echo,
  ["/redirect/{status}"] = redirect,
  ["GET /dir/relative"] = function() return 302, "", { Location = "../echo/a?b=c" } end,
  ["GET /set"] = function(req)
    return tonumber(req.query.status or 200), "", { ["Set-Cookie"] = req.query.cookie,
      Location = req.query.to }
  end,
  ["GET /set/two"] = function()
    return 200, "", { ["Set-Cookie"] = { "a=1; Path=/; Max-Age=60; HttpOnly",
      "b=2; Path=/echo; Expires=Fri, 01 Jan 2100 00:00:00 GMT" } }
  end,
  ["GET /status/{status}"] = function(req) return tonumber(req.params.status), "body" end,
  -- Any answer to the challenge will do, and is the reply.
  ["GET /digest"] = function(req)
    local answer = req.headers.authorization
    if answer and req.query.refuse ~= "all" then return answer end
    return 401, "who?", { ["WWW-Authenticate"] =
      'Digest realm="r", nonce="n", qop="auth", algorithm=' .. (req.query.algorithm or "MD5") }
  end,
  -- Nobody leaves before n are inside, or all that are left; and a moment more, so
  -- that one too many would be seen.
  ["GET /gate/reset"] = function(req)
    gate.inside, gate.peak, gate.left = 0, 0, tonumber(req.query.total)
    return 200
  end,
  ["GET /gate/peak"] = function() return tostring(gate.peak) end,
  ["GET /gate/pass"] = function(req)
    gate.inside = gate.inside + 1
    gate.peak = math.max(gate.peak, gate.inside)
    for _ = 1, 2000 do
      if gate.inside >= math.min(tonumber(req.query.n), gate.left) then break end
      scheduler.sleep(0.005)
    end
    scheduler.sleep(0.02)
    gate.inside, gate.left = gate.inside - 1, gate.left - 1
    return 200
  end,
  ["GET /wait"] = function() scheduler.sleep(60) end,
  ["GET /batch"] = function(req)
    local base = "http://" .. req.headers.host
    local all = require("http").batch { base .. "/echo/", { "POST", base .. "/echo/", "x" }, "x" }
    return ("%d %d %d"):format(all[1].status, all[2].status, all[3].error_code)
  end,
  ["GET /agent"] = function(req) return req.headers["user-agent"] end,
  ["GET /loop"] = function() return 302, "", { Location = "/loop" } end,
  ["GET /slow"] = function()
    scheduler.sleep(0.1)
    return 302, "", { Location = "/slow" }
  end,
  ["GET /jars"] = function(req)
    local http = require "http"
    local base = "http://" .. req.headers.host
    local ok, why = pcall(http.cookieJar)
    local jar = http.CookieJar()
    http.get(base .. "/set?cookie=a%3D1", { jar = jar })
    http.get(base .. "/set?cookie=b%3D1")
    return { why = not ok and why, without = http.get(base .. "/echo/"):json().headers.cookie,
      with = http.get(base .. "/echo/", { jar = jar }):json().headers.cookie }
  end,
  ["GET /follow"] = function(req)
    local res = require("http").get(req.query.url)
    return { status = res.status, url = res.url }
  end,
  ["GET /gzip"] = function(req)
    return 200, gzip.compress(("hello "):rep(1000)), { ["Content-Encoding"] = "gzip",
      ["X-Accept"] = req.headers["accept-encoding"] or "none" }
  end,
  ["GET /bomb"] = function()
    return 200, gzip.compress(("\0"):rep(17 << 20)), { ["Content-Encoding"] = "gzip" }
  end,
  ["GET /damaged"] = function()
    return 200, "no gzip", { ["Content-Encoding"] = "gzip" }
  end,
}
]==]

describe("require 'http'", function()
  local folder, server

  setup(function()
    folder = support.new_folder()
    os.execute("mkdir " .. folder .. "/routes")
    support.write_file(folder .. "/routes/routes.lua", ROUTES)
    server = support.serve { "--workers", "1", "--no-watch", folder .. "/routes" }
  end)

  teardown(function()
    assert.equal(0, server:stop())
    support.remove_folder(folder)
  end)

  --- Run a function's body; BASE is the server. The checks that failed, as the
  -- summary shows them, must be none.
  local function run(body, options, arguments)
    local path = folder .. "/script.lua"
    support.write_file(path, (([[
      local http, t = require "http", require "loadtest"
      local function check(value, what)
        t.check(value, { [what] = value and true or false })
      end
      return { options = { OPTIONS }, default = function() BODY end }
    ]]):gsub("%u+", { OPTIONS = options or "", BODY = body }):gsub("BASE", server.url)))
    local code, out, err = support.command("load -q " .. path .. " " .. (arguments or ""))
    assert.equal(0, code, out .. err)
    assert.falsy(out:find("✗ ", 1, true), out .. err)
    assert.falsy(out:find("script errors", 1, true), out .. err)
    return out, err
  end

  local function count_of(out, name)
    return tonumber(out:match("\n    " .. name .. "%.*: +(%d+)"))
  end

  describe("redirects", function()
    it("become GET without the body, but for HEAD", function()
      local out = run [[
        local params = { headers = { ["Content-Type"] = "text/x", ["X-Test"] = "1" } }
        for _, status in ipairs { 301, 302, 303 } do
          local url = "BASE/redirect/" .. status .. "?to=/echo/x%3Fy=z"
          local res = http.post(url, "body", params)
          local came = res:json()
          check(res.status == 200 and res.url == "BASE/echo/x?y=z", "followed")
          check(came.method == "GET" and came.query.y == "z", "GET")
          check(came.body == "" and not came.headers["content-length"], "no body")
          check(not came.headers["content-type"], "no Content-Type")
          check(came.headers["x-test"] == "1", "other headers")
          check(came.headers.host == ("BASE"):match("//(.*)"), "host")
          check(came.headers.referer == url, "Referer")
          check(http.head(url).body == "", "HEAD")
          check(http.get(url).status == 200, "GET stays")
        end
      ]]
      assert.equal(18, count_of(out, "http_reqs"))
      assert.equal(9, count_of(out, "200"))
    end)

    it("keep method and body with 307 and 308", function()
      run [[
        local params = { headers = { ["Content-Type"] = "text/x", Referer = "mine" } }
        for _, status in ipairs { 307, 308 } do
          local res = http.put("BASE/redirect/" .. status .. "?to=/echo/x", "body", params)
          local came = res:json()
          check(came.method == "PUT" and came.body == "body", "same")
          check(came.headers["content-type"] == "text/x", "Content-Type")
          check(came.headers.referer == "mine", "the script's Referer")
        end
      ]]
    end)

    it("go where the reference leads", function()
      run [[
        local res = http.get("BASE/dir/relative")
        check(res:json().path == "/echo/a" and res:json().query.b == "c", "relative")
        check(res.url == "BASE/echo/a?b=c", "url")
        res = http.get("BASE/redirect/302?to=BASE/dir/relative")
        check(res.url == "BASE/echo/a?b=c", "twice")
        res = http.get("BASE/redirect/302?to=ftp://a/b")
        check(res.error_code == 1804 and res.status == 0, "not http")
        res = http.get("BASE/redirect/302")
        check(res.status == 302 and res.body == "moved", "nowhere")
        res = http.get("BASE/redirect/304?to=/echo/")
        check(res.status == 304, "no redirect")
      ]]
    end)

    it("end at the limit", function()
      local out, err = run [[
        for _ = 1, 2 do
          local res = http.get("BASE/loop")
          check(res.status == 302 and res.error_code == 0, "the last one")
        end
      ]]
      assert.equal(22, count_of(out, "http_reqs"))
      assert.equal(1, select(2, err:gsub("event=redirects_stopped", "")))
      out, err = run([[
        check(http.get("BASE/loop", { redirects = 2 }).status == 302, "two")
        check(http.get("BASE/loop", { redirects = 0 }).status == 302, "none")
        check(http.get("BASE/loop").status == 302, "the option's")
      ]], "maxRedirects = 4")
      assert.equal(3 + 1 + 5, count_of(out, "http_reqs"))
      assert.equal("", err)
    end)

    it("take no credentials to other hosts", function()
      run [[
        local there = ("BASE"):gsub("127.0.0.1", "localhost")
        local params = { headers = { Authorization = "secret", ["X-Test"] = "1",
          Host = "mine" } }
        local function send(to)
          return http.get("BASE/redirect/302?to=" .. to, params):json().headers
        end
        local came = send "/echo/"
        check(came.authorization == "secret" and came.host == "mine", "same host")
        came = send "BASE/echo/"
        check(came.authorization == "secret", "same host, absolute")
        check(came.host == ("BASE"):match("//(.*)"), "the URL's host")
        came = send(there .. "/echo/")
        check(not came.authorization and came["x-test"] == "1", "another host")
        came = send(there .. "/redirect/302?to=BASE/echo/")
        check(not came.authorization, "and back")
      ]]
    end)

    it("are all within the timeout", function()
      local out = run [[
        local clock = require "clock"
        local before = clock.mono()
        local res = http.get("BASE/slow", { timeout = "350ms" })
        check(res.error_code == 1050 and res.status == 0, "timeout")
        check(clock.mono() - before >= 0.35, "not before")
      ]]
      assert.truthy(count_of(out, "http_reqs") <= 4)
    end)

    it("are followed for handlers", function()
      run [[
        local res = http.get("BASE/follow?url=BASE/redirect/302?to=/echo/x"):json()
        check(res.status == 200 and res.url == "BASE/echo/x", "followed")
      ]]
    end)
  end)

  describe("cookies", function()
    it("are kept, sent and shown", function()
      local out = run [[
        local res = http.get("BASE/set/two")
        check(res.cookies.a[1].value == "1" and res.cookies.a[1].name == "a", "value")
        check(res.cookies.a[1].max_age == 60 and res.cookies.a[1].http_only, "attributes")
        check(res.cookies.b[1].path == "/echo" and not res.cookies.b[1].secure, "path")
        check(res.cookies.b[1].expires == 4102444800000, "milliseconds")
        check(next(http.get("BASE/echo/").cookies) == nil, "none set")
        check(http.get("BASE/echo/").json and
          http.get("BASE/echo/"):json().headers.cookie == "b=2; a=1", "sent")
        local seen = http.cookieJar():cookiesForURL("BASE/echo/")
        check(seen.a[1] == "1" and seen.b[1] == "2" and not seen.c, "in the jar")
        check(http.get("BASE/set/two").status == 200, "again")
        check(#http.cookieJar():cookiesForURL("BASE/echo/").a == 1, "replaced")
      ]]
      assert.equal(5, count_of(out, "http_reqs"))
    end)

    it("are gone in the next iteration, unless told", function()
      run([[
        check(not http.get("BASE/echo/"):json().headers.cookie, "none at first")
        http.get("BASE/set?cookie=a%3D1")
        check(http.get("BASE/echo/"):json().headers.cookie == "a=1", "then one")
      ]], nil, "-i 3")
      run([[
        local first = t.iteration == 0
        check((http.get("BASE/echo/"):json().headers.cookie == nil) == first, "stays")
        http.get("BASE/set?cookie=a%3D1")
      ]], "noCookiesReset = true", "-i 3")
    end)

    it("are each virtual user's own", function()
      run([[
        local mine = "id=" .. t.vu
        http.get("BASE/set?cookie=" .. mine:gsub("=", "%%3D"))
        t.sleep(0.05)
        check(http.get("BASE/echo/"):json().headers.cookie == mine, "mine")
      ]], nil, "-u 5 -i 20")
    end)

    it("of redirects are kept, and sent on the way", function()
      run [[
        local res = http.get("BASE/set?status=302&cookie=a%3D1;Path=/&to=/echo/x")
        check(res:json().headers.cookie == "a=1", "sent")
        check(next(res.cookies) == nil, "not of the last reply")
        check(http.cookieJar():cookiesForURL("BASE/").a[1] == "1", "kept")
        res = http.get("BASE/set?status=302&cookie=a%3D2;Path=/&to=/echo/x", {
          headers = { Cookie = "raw=1" }, cookies = { b = "3" } })
        check(res:json().headers.cookie == "b=3; a=2", "without the raw header")
        local there = ("BASE"):gsub("127.0.0.1", "localhost") .. "/echo/"
        res = http.get("BASE/redirect/302?to=" .. there, { cookies = { b = "3" } })
        check(not res:json().headers.cookie, "not to another host")
      ]]
    end)

    it("are given for one request", function()
      run [[
        local function sent(params)
          return http.get("BASE/echo/", params):json().headers.cookie
        end
        http.cookieJar():set("BASE/", "a", "jar")
        check(sent() == "a=jar", "jar")
        check(sent { cookies = { a = "own" } } == "a=own; a=jar", "beside")
        check(sent { cookies = { a = { value = "own" } } } == "a=own; a=jar", "as a table")
        check(sent { cookies = { a = { value = 5, replace = true } } } == "a=5", "replaced")
        check(sent { headers = { cookie = "x=1" }, cookies = { b = 2 } } ==
          "x=1; b=2; a=jar" or sent { headers = { cookie = "x=1" }, cookies = { b = 2 } } ==
          "b=2; x=1; a=jar", "one header")
        check(sent() == "a=jar", "and then not")
      ]]
    end)

    it("are in jars", function()
      run [[
        local jar = http.cookieJar()
        jar:set("BASE/echo/", "path", "1", { path = "/echo" })
        jar:set("BASE/", "gone", "1", { max_age = 0 })
        jar:set("BASE/", "past", "1", { expires = "Sun, 06 Nov 1994 08:49:37 GMT" })
        jar:set("BASE/", "secure", "1", { secure = true })
        jar:set("BASE/", "foreign", "1", { domain = "example.org" })
        jar:set("BASE/", "a", "1")
        local seen = jar:cookiesForURL("BASE/echo/x")
        check(seen.path and seen.a and not seen.gone and not seen.past, "set")
        check(not seen.secure and not seen.foreign, "not for this URL")
        jar:delete("BASE/", "a")
        check(not jar:cookiesForURL("BASE/echo/").a, "deleted")
        jar:clear("BASE/echo/x")
        check(next(jar:cookiesForURL("BASE/echo/")) == nil, "cleared")

        local own = http.CookieJar()
        http.get("BASE/set?cookie=own%3D1", { jar = own })
        check(own:cookiesForURL("BASE/").own[1] == "1", "in a jar of its own")
        check(not jar:cookiesForURL("BASE/").own, "not in the virtual user's")
        check(http.get("BASE/echo/", { jar = own }):json().headers.cookie == "own=1", "sent")
      ]]
    end)

    it("are in jars that live while they are used", function()
      run([[
        if t.vu == 1 then
          http.shared = { jar = http.CookieJar() }
          http.shared.jar:set("BASE/", "b", "2")
          local res = http.get("BASE/redirect/302?wait=0.1&to=/echo/", http.shared)
          check(res:json().headers.cookie == "b=2", "alive")
        else
          t.sleep(0.05)
          if http.shared then http.shared.jar = nil end
          collectgarbage()
          collectgarbage()
        end
      ]], nil, "-u 2 -i 2")
    end)

    it("are refused when wrong", function()
      run [[
        local function refused(pattern, f, ...)
          local ok, why = pcall(f, ...)
          check(not ok and why:find(pattern), pattern)
        end
        refused("params.cookies: 'a b' is not a valid", http.get, "BASE/", {
          cookies = { ["a b"] = "1" } })
        refused("params.cookies: 'a' is not a valid", http.get, "BASE/", {
          cookies = { a = "1;2" } })
        refused("params.cookies: 'a' must be a string, or", http.get, "BASE/", {
          cookies = { a = true } })
        refused("params.jar must be a jar of", http.get, "BASE/", { jar = {} })
        local jar = http.cookieJar()
        refused("invalid URL", jar.set, jar, "nonsense", "a", "b")
        refused("not a valid name", jar.set, jar, "BASE/", "", "b")
        refused("known are path, domain", jar.set, jar, "BASE/", "a", "b", { pfad = 1 })
        refused("options.expires must be a date", jar.set, jar, "BASE/", "a", "b",
          { expires = "soon" })
      ]]
    end)

    it("of handlers are in jars that they make", function()
      run [[
        local came = http.get("BASE/jars"):json()
        check(came.why:find("http.CookieJar()", 1, true), "no jar of their own")
        check(came.without == nil and came.with == "a=1", "a jar for this handler")
      ]]
    end)
  end)

  describe("users and passwords", function()
    it("of the URL are sent", function()
      run [[
        local base = ("BASE"):gsub("//", "//us%%65r:p%%40ss@")
        local function sent(...) return http.get(...):json().headers.authorization end
        local basic = "Basic dXNlcjpwQHNz"
        check(sent(base .. "/echo/") == basic, "Basic")
        check(sent(base .. "/echo/", { auth = "basic" }) == basic, "told to")
        check(sent(base .. "/echo/", { headers = { Authorization = "x" } }) == "x",
          "the script's own")
        check(sent(base .. "/redirect/302?to=/echo/") == basic, "the same host")
        check(sent(base .. "/redirect/302?to=BASE/echo/") == nil, "a URL without a user")
        check(sent("BASE/redirect/302?to=" .. base .. "/echo/") == basic, "a URL with one")
        local there = ("BASE"):gsub("127.0.0.1", "localhost")
        check(sent(base .. "/redirect/302?to=" .. there .. "/echo/") == nil, "another host")
        check(http.get(base .. "/echo/").url == base .. "/echo/", "url")
      ]]
    end)

    it("of a bare URL are sent", function()
      local _, out = support.command("load -q -i 1 " ..
        server.url:gsub("//", "//a:b@") .. "/digest")
      assert.truthy(out:find("http_req_failed%.*: 0.00%% +0 out of 1"), out)
    end)

    it("answer a Digest challenge", function()
      local reply = folder .. "/answer"
      local out = run((([[
        local base = ("BASE"):gsub("//", "//user:pass@")
        local res = http.get(base .. "/digest?x=1", { auth = "digest" })
        check(res.status == 200, "answered")
        local file = io.open("REPLY", "w")
        file:write(res.body)
        file:close()
        res = http.get(base .. "/digest?refuse=all", { auth = "digest" })
        check(res.status == 401 and res.body == "who?", "once")
        res = http.get(base .. "/digest?algorithm=X", { auth = "digest" })
        check(res.status == 401, "unknown")
        res = http.get(base .. "/redirect/302?to=/digest", { auth = "digest" })
        check(res.status == 200, "after a redirect")
      ]]):gsub("REPLY", reply)))
      assert.equal(2 + 2 + 1 + 3, count_of(out, "http_reqs"))
      -- The challenges that were answered are no failures.
      assert.truthy(out:find("http_req_failed%.*: 25.00%% +2 out of 8"), out)
      local answer = support.read_file(reply)
      local cnonce, response = answer:match 'cnonce="(%x+)"', answer:match 'response="(%x+)"'
      local function md5(text)
        local _, hex = support.run("printf %s " .. support.quote(text) .. " | md5sum")
        return hex:match "%x+"
      end
      assert.equal(md5(md5 "user:r:pass" .. ":n:00000001:" .. cnonce .. ":auth:" ..
        md5 "GET:/digest?x=1"), response)
    end)

    it("are not in the tags", function()
      local masked = server.url:gsub("//", "//****:****@") .. "/echo/"
      run([[
        local base = ("BASE"):gsub("//", "//user:secret@")
        http.get(base .. "/echo/")
      ]], 'thresholds = { ["http_reqs{url:' .. masked .. '}"] = "count==1" }')
    end)
  end)

  describe("statuses", function()
    it("that a request expects are no failures", function()
      local out = run([[
        http.get("BASE/status/404")                                          -- failed
        http.get("BASE/status/404", { responseCallback = http.expectedStatuses(404) })
        http.get("BASE/status/200", { responseCallback = http.expectedStatuses(404) }) -- failed
        local some = http.expectedStatuses(201, { min = 400, max = 499 })
        http.get("BASE/status/499", { responseCallback = some })
        http.get("BASE/status/201", { responseCallback = some })
        http.get("BASE/status/500", { responseCallback = some })             -- failed
        http.get("BASE/status/500", { responseCallback = false })            -- not asked
      ]])
      assert.truthy(out:find("http_req_failed%.*: 50.00%% +3 out of 6"), out)
      assert.equal(7, count_of(out, "http_reqs"))
    end)

    it("may be set for all requests of a virtual user", function()
      local out = run([[
        if t.iteration == 0 then http.setResponseCallback(http.expectedStatuses(404)) end
        http.get("BASE/status/404")
        http.get("BASE/status/200")          -- failed
        http.get("BASE/status/200", { responseCallback = http.expectedStatuses(200) })
        if t.iteration == 1 then
          http.setResponseCallback(nil)
          http.get("BASE/status/500")        -- not asked
        end
      ]], nil, "-i 2")
      assert.truthy(out:find("http_req_failed%.*: 33.33%% +2 out of 6"), out)
    end)

    it("may be set by the chunk", function()
      local path = folder .. "/chunk.lua"
      support.write_file(path, (([[
        local http = require "http"
        http.setResponseCallback(http.expectedStatuses { min = 500, max = 500 })
        return { default = function() http.get("BASE/status/500") end,
          setup = function() http.get("BASE/status/500") end }
      ]]):gsub("BASE", server.url)))
      local _, out = support.command("load -q -u 3 -i 6 " .. path)
      assert.truthy(out:find("http_req_failed%.*: 0.00%% +0 out of 7"), out)
    end)
  end)

  describe("params", function()
    it("tell what becomes of the body", function()
      run([[
        local function body(params) return http.get("BASE/status/200", params).body end
        check(body() == "", "discarded")
        check(body { responseType = "text" } == "body", "text")
        check(body { responseType = "binary" } == "body", "binary")
      ]], "discardResponseBodies = true")
      run [[
        check(http.get("BASE/status/200", { responseType = "none" }).body == "", "none")
      ]]
    end)

    it("are refused when wrong", function()
      run [[
        local function refused(pattern, params)
          local ok, why = pcall(http.get, "BASE/", params)
          check(not ok and why:find(pattern), pattern)
        end
        refused("params.auth must be 'basic' or 'digest'", { auth = "ntlm" })
        refused("params.auth 'digest' needs a user in the URL", { auth = "digest" })
        refused("params.responseCallback must be what http.expected",
          { responseCallback = print })
        refused("params.responseType must be 'text'", { responseType = "json" })
        refused("params.redirects must be a whole number", { redirects = -1 })
        refused("params.redirects must be a whole number", { redirects = 1.5 })
        refused("params.timeout must be", { timeout = "soon" })
        refused("known are headers, cookies and tags", { header = {} })
        refused("known are headers, cookies and tags", { headers = 1 })
        local ok, why = pcall(http.expectedStatuses)
        check(not ok and why:find "a status or a table", "no status")
        ok, why = pcall(http.expectedStatuses, 200, { min = 1 })
        check(not ok and why:find "#2.*a status or a table", "no max")
        ok, why = pcall(http.setResponseCallback, 200)
        check(not ok and why:find "what http.expectedStatuses returns", "no set")
      ]]
    end)
  end)

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
      local path, agents = folder .. "/agent.lua", folder .. "/agents"
      support.write_file(folder .. "/asking.lua", (([[
        return require("http").prepare { url = "BASE/agent" }
      ]]):gsub("BASE", server.url)))
      support.write_file(path, (([[
        local http, asking = require "http", require "asking"
        return { options = { userAgent = "spec/3" }, default = function()
          local file = io.open("AGENTS", "w")
          file:write(asking:send().body, "\n", http.prepare { url = "BASE/agent",
            headers = { ["User-Agent"] = "mine" } }:send().body)
          file:close()
        end }
      ]]):gsub("AGENTS", agents):gsub("BASE", server.url)))
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
        local reply = folder .. "/peak"
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
        http.get("BASE/gate/reset?total=20")
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
      local path = folder .. "/broken.lua"
      support.write_file(path, (([[
        local http = require "http"
        return { options = { scenarios = { s = { executor = "constant-vus", vus = 2,
            duration = "100ms", gracefulStop = "0s" } } },
          default = function()
            http.batch { "BASE/wait", "BASE/wait", "BASE/wait" }
          end }
      ]]):gsub("BASE", server.url)))
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

  describe("compressed bodies", function()
    it("are decoded", function()
      run [[
        local res = http.get("BASE/gzip")
        check(res.body == ("hello "):rep(1000), "decoded")
        check(res.headers["Content-Encoding"] == "gzip", "header")
        check(res.headers["X-Accept"] == "none", "not asked for")
        res = http.get("BASE/gzip", { headers = { ["Accept-Encoding"] = "gzip" } })
        check(res.headers["X-Accept"] == "gzip", "asked for")
      ]]
    end)

    it("are errors when damaged or too long", function()
      local out = run [[
        local res = http.get("BASE/damaged")
        check(res.error_code == 1701 and res.status == 0 and res.body == "", "damaged")
        res = http.get("BASE/bomb")
        check(res.error_code == 1802 and res.body == "", "bomb")
      ]]
      assert.equal(1, count_of(out, "1701 error decompressing response body"))
      assert.equal(1, count_of(out, "1802 the reply's body is too large"))
    end)

    it("are thrown away as they are", function()
      run([[
        local res = http.get("BASE/damaged")
        check(res.status == 200 and res.body == "", "not looked at")
      ]], "discardResponseBodies = true")
    end)
  end)
end)
