-- http_params_spec.lua: the parameters of a request, and the parts of a reply that
-- a script sees.
local support = require "support"
local target = require "http_target"
local run, count_of = target.run, target.count_of

setup(target.start)
teardown(target.stop)

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
    local path = target.folder .. "/chunk.lua"
    support.write_file(path, (([[
      local http = require "http"
      http.setResponseCallback(http.expectedStatuses { min = 500, max = 500 })
      return { default = function() http.get("BASE/status/500") end,
        setup = function() http.get("BASE/status/500") end }
    ]]):gsub("BASE", target.url)))
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
