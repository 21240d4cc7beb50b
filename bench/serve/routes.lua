-- The handlers of bench/serve.sh, as Perilune has them. nginx.conf, server.go
-- and plain.c beside this file give the same bytes.
local body = ("0123456789abcdef"):rep(100 * 1024 // 16)

return {
  ["GET /json"] = function(req)
    local name = req.query.name
    return {
      id = 4711,
      name = name,
      greeting = "Hello, " .. name,
      price = 12.75,
      tags = { "fast", "small" },
    }
  end,
  ["GET /body"] = function() return body end,
}
