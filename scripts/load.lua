-- load.lua: the built-in load test of /data.
--
--   PORT=8080 build/perilune load scripts/load.lua
--   BASE=http://127.0.0.1:8080 build/perilune load scripts/load.lua -u 50 -d 1m
--   RATE=100 DURATION=30s build/perilune load scripts/load.lua   requests per second
local http = require "http"
local loadtest = require "loadtest"
local check, sleep, env = loadtest.check, loadtest.sleep, loadtest.env

local BASE = env.BASE or "http://127.0.0.1:" .. (env.PORT or "8080")

local DURATION = env.DURATION or "10s"

local M = { options = { vus = 10, duration = DURATION } }
if env.RATE then -- as many requests a second, however fast they are answered
  M.options = {
    scenarios = {
      data = { executor = "constant-arrival-rate", rate = tonumber(env.RATE),
        duration = DURATION, preAllocatedVUs = 100 },
    },
  }
end

M.options.thresholds = {
  checks = "rate==1",
  http_req_failed = "rate<0.01",
  http_req_duration = "p(95)<1000",
}

local function is_ok(res) return res.status == 200 end
local function has_body(res) return #res.body > 0 end

function M.default()
  local res = http.get(BASE .. "/data")
  check(res, { ["status is 200"] = is_ok, ["body is not empty"] = has_body })
  sleep(0.01)
end

return M
