-- routes.lua: the server to which the specs http_*_spec.lua send their requests.
local gzip = require "gzip"
local scheduler = require "scheduler"
local gate

--- Returns how many of the gate's requests can be inside at once: `total` come for
-- each of `hosts` hosts, `per_host` at a time.
local function most_inside()
  local n, n_hosts = 0, 0
  for _, left in pairs(gate.left) do
    n, n_hosts = n + math.min(left, gate.per_host), n_hosts + 1
  end
  return n + (gate.hosts - n_hosts) * math.min(gate.total, gate.per_host)
end

-- Answers with the request, as JSON.
local function echo(req)
  local headers = {}
  for _, name in ipairs { "host", "referer", "authorization", "cookie", "content-type",
    "content-length", "x-test" } do
    headers[name] = req.headers[name]
  end
  return { method = req.method, path = req.path, query = req.query, body = req.body,
    headers = headers }
end

-- Sends the client to the query's `to`.
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
  -- Accepts any answer to the challenge, and replies with it.
  ["GET /digest"] = function(req)
    local answer = req.headers.authorization
    if answer and req.query.refuse ~= "all" then return answer end
    return 401, "who?", { ["WWW-Authenticate"] =
      'Digest realm="r", nonce="n", qop="auth", algorithm=' .. (req.query.algorithm or "MD5") }
  end,
  -- A request stays inside until n are inside at once, or as many as there can be;
  -- and a moment more, in which one too many would come in.
  ["GET /gate/reset"] = function(req)
    local total = tonumber(req.query.total)
    gate = { inside = 0, peak = 0, left = {}, total = total,
      hosts = tonumber(req.query.hosts or 1), per_host = tonumber(req.query.per_host or total) }
    return 200
  end,
  ["GET /gate/peak"] = function() return tostring(gate.peak) end,
  ["GET /gate/pass"] = function(req)
    local host = req.headers.host
    gate.left[host] = gate.left[host] or gate.total
    gate.inside = gate.inside + 1
    gate.peak = math.max(gate.peak, gate.inside)
    for _ = 1, 2000 do
      if gate.inside >= math.min(tonumber(req.query.n), most_inside()) then break end
      scheduler.sleep(0.005)
    end
    scheduler.sleep(0.02)
    gate.inside, gate.left[host] = gate.inside - 1, gate.left[host] - 1
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
