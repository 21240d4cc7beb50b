-- metrics_spec.lua: /metrics, and how Prometheus itself reads it.
-- Needs: prometheus time
local state = require "server_state"
local support = require "support"
local socket = require "socket"
local url = require "socket.url"

local ROUTES = [==[
local scheduler = require "scheduler"
return {
  ["GET /hello"] = function() return "hello" end,
  ["GET /users/{id}"] = function(req) return req.params.id end,
  ["POST /fail"] = function() error "no" end,
  ["GET /sleep"] = function() scheduler.sleep(0.3) return 204 end,
  ["GET /sleep/long"] = function() scheduler.sleep(60) end,
  ['GET /odd"\\'] = function() return 204 end,
  ["GET /latin1/\xe9"] = function() return 204 end,
  ["GET /utf8/\u{e9}"] = function() return 204 end,
}
]==]

local folder, server

local function text()
  local status, body, headers = support.request(server.url .. "/metrics")
  assert.equal(200, status)
  return body, headers
end

local function value(series) return state.metric(server, series) end

setup(function()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "2", folder }
  for i = 1, 20 do
    support.request(server.url .. "/hello")
    if i <= 7 then support.request(server.url .. "/users/" .. i) end
    if i <= 3 then support.request(server.url .. "/none/" .. i) end
    if i <= 2 then
      support.request(server.url .. "/fail", { method = "POST", body = "x" })
    end
  end
  support.request(server.url .. '/odd%22%5C')
  support.request(server.url .. "/latin1/%E9")
  support.request(server.url .. "/utf8/%C3%A9")
  support.request(server.url .. "/sleep")
end)

teardown(function()
  local code = server:stop()
  support.remove_folder(folder)
  assert.equal(0, code)
end)

describe("/metrics", function()
  it("counts requests by route and status", function()
    assert.equal(20, value 'perilune_http_requests_total{route="GET /hello",code="200"}')
    assert.equal(7, value 'perilune_http_requests_total{route="GET /users/{id}",code="200"}')
    assert.equal(2, value 'perilune_http_requests_total{route="POST /fail",code="500"}')
    assert.equal(3, value 'perilune_http_requests_total{route="",code="404"}')
    assert.equal(1, value 'perilune_http_requests_total{route="GET /latin1/%E9",code="204"}')
    assert.equal(1, value 'perilune_http_requests_total{route="GET /utf8/\u{e9}",code="204"}')
    state.wait_for_requests(server, 0)
  end)

  it("measures how long they took", function()
    local name = 'perilune_http_request_duration_seconds%s{route="GET /sleep"%s}'
    assert.equal(0, value(name:format("_bucket", ',le="0.25"')))
    assert.equal(1, value(name:format("_bucket", ',le="+Inf"')))
    assert.equal(1, value(name:format("_count", "")))
    local sum = value(name:format("_sum", ""))
    assert.is_true(sum >= 0.3 and sum < 30, sum) -- of one request, in seconds
    assert.is_nil(text():find "%.%d*0000000%d*\n") -- 0.30000000000000004, say
  end)

  it("tells of requests under way and of clients that left", function()
    state.begin(server, "/sleep/long"):close()
    state.wait_for_requests(server, 0)
    state.wait_for_metric(server, 'perilune_http_requests_total{route="GET /sleep/long",code="499"}', 1)
  end)

  it("tells how busy the workers are and what Lua holds", function()
    local busy, memory = 0, 0
    for i = 1, 2 do
      local label = ('{worker="%d"}'):format(i)
      busy = busy + value("perilune_worker_busy_seconds_total" .. label)
      memory = memory + value("perilune_lua_memory_bytes" .. label)
      assert.is_true(value("perilune_lua_allocated_bytes_total" .. label) >=
        value("perilune_lua_memory_bytes" .. label))
      assert.is_true(value("perilune_lua_collections_total" .. label) >= 0)
    end
    -- The workers sleep most of the time.
    local since_start = socket.gettime() - value "process_start_time_seconds"
    assert.is_true(busy > 0 and busy < since_start, busy)
    assert.is_true(memory > 20000 and memory < 1e6, memory)
  end)

  it("counts samples and reloads", function()
    support.request(server.url .. "/debug/pprof/profile?seconds=1&rate=1000")
    assert.truthy(value "perilune_cpu_samples_taken_total")
    assert.equal(0, value 'perilune_cpu_samples_lost_total{cause="ring_full"}')
    server:signal "HUP"
    state.wait_for_metric(server, 'perilune_reloads_total{result="done"}', 1)
    -- The counters of routes go on after the reload.
    assert.equal(20, value 'perilune_http_requests_total{route="GET /hello",code="200"}')
  end)

  it("is Prometheus' text format", function()
    local body, headers = text()
    assert.equal("text/plain; version=0.0.4; charset=utf-8", headers["content-type"])
    assert.equal("close", headers.connection)
    support.write_file(folder .. "/metrics", body)
    local code, out, err = support.run("promtool check metrics <" .. folder ..
      "/metrics")
    assert.equal(0, code, out .. err)
    assert.equal("", out .. err)
  end)

  it("is scraped by Prometheus", function()
    local port = support.free_port()
    support.write_file(folder .. "/prometheus.yml", ([[
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: perilune
    static_configs: [ { targets: [ '127.0.0.1:%d' ] } ]
]]):format(server.port))
    local prometheus = support.start { "prometheus",
      "--config.file=" .. folder .. "/prometheus.yml",
      "--storage.tsdb.path=" .. folder .. "/data",
      "--web.listen-address=127.0.0.1:" .. port }
    local function query(expression)
      local _, body = support.request(("http://127.0.0.1:%d/api/v1/query?query=%s")
        :format(port, url.escape(expression)))
      return body and body:match('"value":%[[%d.]+,"([^"]*)"%]')
    end
    local ok, problem = pcall(support.wait_until, function()
      return query 'up{job="perilune"}' == "1"
    end, "a scrape")
    local hello = query 'perilune_http_requests_total{route="GET /hello",code="200"}'
    local odd = query 'sum(perilune_http_requests_total{route="GET /odd\\"\\\\"})'
    local output = prometheus:output()
    prometheus:stop()
    assert.is_true(ok, tostring(problem) .. output)
    assert.equal("20", hello)
    assert.equal("1", odd)
  end)
end)
