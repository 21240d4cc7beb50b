-- http_cookies_spec.lua: which cookies are kept, and which are sent.
local target = require "http_target"
local run, count_of = target.run, target.count_of

setup(target.start)
teardown(target.stop)

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
