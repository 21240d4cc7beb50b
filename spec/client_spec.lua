-- client_spec.lua: `require "http"` in load scripts: what is sent, and what a
-- script sees of the replies, against a server of handlers made for it.
local support = require "support"

local ROUTES = [==[
local gzip = require "gzip"
return {
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
