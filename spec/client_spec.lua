-- client_spec.lua: `require "http"` in load scripts: what is sent, and what a
-- script sees of the replies, against a server of handlers made for it.
local support = require "support"

local ROUTES = [==[
local gzip = require "gzip"
local scheduler = require "scheduler"

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
  ["GET /loop"] = function() return 302, "", { Location = "/loop" } end,
  ["GET /slow"] = function()
    scheduler.sleep(0.1)
    return 302, "", { Location = "/slow" }
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
