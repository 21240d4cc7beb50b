-- http_redirects_spec.lua: redirects: their targets, and the headers, body and
-- credentials that the next request has.
local support = require "support"
local target = require "http_target"
local run, count_of = target.run, target.count_of

setup(target.start)
teardown(target.stop)

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
      target.url:gsub("//", "//a:b@") .. "/digest")
    assert.truthy(out:find("http_req_failed%.*: 0.00%% +0 out of 1"), out)
  end)

  it("answer a Digest challenge", function()
    local reply = target.folder .. "/answer"
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
    -- A challenge that the client answers is not a failed request.
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
    local masked = target.url:gsub("//", "//****:****@") .. "/echo/"
    run([[
      local base = ("BASE"):gsub("//", "//user:secret@")
      http.get(base .. "/echo/")
    ]], 'thresholds = { ["http_reqs{url:' .. masked .. '}"] = "count==1" }')
  end)
end)
