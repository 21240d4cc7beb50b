-- server_state.lua: what a server of support.serve tells about itself, for
-- tests that wait for a state: a metric, a line of its log, a task that waits.
local raw_http = require "raw_http"
local support = require "support"

local M = {}

--- Returns the number of a series in /metrics, named as it is written there,
-- labels included, or nil if it is absent.
function M.metric(server, series)
  local _, text = support.request(server.url .. "/metrics")
  local _, stop = ("\n" .. text):find("\n" .. series .. " ", 1, true)
  return stop and tonumber(text:match("^%S+", stop))
end

--- Waits until the series has this value.
function M.wait_for_metric(server, series, value)
  support.wait_until(function() return M.metric(server, series) == value end,
    ("%s to be %g"):format(series, value))
end

--- Waits until this many requests are in the workers' hands. A request is so for
-- a moment longer than its client waits for the reply.
function M.wait_for_requests(server, n)
  M.wait_for_metric(server, "perilune_http_requests_in_progress", n)
end

--- Sends a request and waits until its handler runs. There must be no other request
-- that goes on. Returns the connection.
function M.begin(server, path)
  M.wait_for_requests(server, 0)
  local client = raw_http.begin(server.port, path)
  M.wait_for_requests(server, 1)
  return client
end

--- Returns how many requests were answered with the status, on all routes.
function M.count_answers(server, status)
  local _, text = support.request(server.url .. "/metrics")
  local n = 0
  for count in text:gmatch(('\nperilune_http_requests_total{[^\n]*code="%d"} (%%d+)'):format(status)) do
    n = n + tonumber(count)
  end
  return n
end

--- Returns how often the text stands in what the server has written.
function M.count_in_log(server, text)
  local log, n, place = server:output(), 0, 1
  while true do
    local _, stop = log:find(text, place, true)
    if not stop then return n end
    n, place = n + 1, stop + 1
  end
end

--- Waits until the text stands in the log, `n` times (1 unless given).
function M.wait_for_log(server, text, n)
  support.wait_until(function() return M.count_in_log(server, text) >= (n or 1) end,
    ("%q in the log"):format(text))
end

--- Returns how many coroutines and threads have `frames` in their stack, a Lua
-- pattern for a line of folded stacks such as "routes.wait;sync.mutex:lock".
function M.count_tasks(server, frames)
  local status, folded = support.request(server.url .. "/debug/pprof/goroutine?format=folded")
  assert(status == 200, folded)
  local n = 0
  for stack, count in folded:gmatch "([^\n]+) (%d+)" do
    if stack:find(frames) then n = n + tonumber(count) end
  end
  return n
end

--- Waits until `n` (1 unless given) of them do.
function M.wait_for_tasks(server, frames, n)
  support.wait_until(function() return M.count_tasks(server, frames) == (n or 1) end,
    ("%d tasks at %s"):format(n or 1, frames))
end

--- Waits until `n` (1 unless given) coroutines wait and have these labels, such as
-- { wait = "mutex orders", route = "/x" }.
---@param labels table<string, string>
function M.wait_for_waits(server, labels, n)
  local function has_all(text)
    for key, value in pairs(labels) do
      if not text:find(('"%s":"%s"'):format(key, value), 1, true) then return false end
    end
    return true
  end
  support.wait_until(function()
    local _, text = support.request(server.url .. "/debug/pprof/goroutine?debug=1")
    local count = 0
    for value, of_stack in text:gmatch "\n(%d+) @[^\n]*\n# labels: ([^\n]*)\n" do
      if has_all(of_stack) then count = count + value end
    end
    return count == (n or 1)
  end, ("%d that wait for %s"):format(n or 1, labels.wait), 30)
end

--- Waits until the server takes `n` CPU and wall profiles.
function M.wait_for_profiles(server, n)
  M.wait_for_metric(server, "perilune_profile_sessions", n)
end

return M
