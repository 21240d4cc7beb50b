-- charts.lua: draws the charts of a run over time: rate and virtual users,
-- latencies, failures, late requests and the load of the generator itself. One
-- more chart shows the latencies by percentile.
local chart = require "report.chart"
local markup = require "report.markup"
local percentiles = require "report.percentiles"
local text = require "report.text"

local E = markup.element

local M = {}

local LEAST_PER_POINT = 10 -- requests; a rate of fewer is mostly noise
local LEAST_POINTS = 20

local SUMS = { "span", "cpu", "requests", "iterations", "dropped" }
local MOSTS = { "vus", "late", "lag", "p50", "p90", "p99", "p999", "max" }

--- Adds the counts of a short piece of time to its neighbour: the rate of the
-- piece alone would come from a single request.
local function add(bucket, piece)
  for _, field in ipairs(SUMS) do
    bucket[field] = bucket[field] + piece[field]
  end
  for _, field in ipairs(MOSTS) do
    if piece[field] then
      bucket[field] = math.max(bucket[field] or 0, piece[field])
    end
  end
  for k, n in ipairs(piece.failures) do
    bucket.failures[k] = bucket.failures[k] + n
  end
end

--- Fills buckets without a measured value with the value before, or else after.
local function fill(buckets, field)
  local seen
  for _, b in ipairs(buckets) do seen = seen or b[field] end
  for _, b in ipairs(buckets) do
    seen = b[field] or seen
    b[field] = seen or 0
  end
end

--- Returns the buckets in which the generators have handed over results. Each
-- lasts until the next one.
local function read_buckets(run)
  local series, buckets = run.series, {}
  local short = series.width * run.generator.threads / 2
  for i, b in ipairs(series.buckets) do
    local before = buckets[#buckets]
    if before and b.span > 0 and (b.span < short or before.span < short) then
      add(before, b)
    elseif b.span > 0 then
      b.from = (i - 1) * series.width
      buckets[#buckets + 1] = b
    end
  end
  for i, b in ipairs(buckets) do
    local next_one = buckets[i + 1]
    b.to = next_one and next_one.from or math.max(run.seconds, b.from + 1e-6)
  end
  if buckets[1] then buckets[1].from = 0 end
  fill(buckets, "vus")
  fill(buckets, "late")
  return buckets
end

--- Joins neighbours so that each point counts enough requests. `count` returns
-- the number that a bucket counts.
local function group(buckets, count)
  local total = 0
  for _, b in ipairs(buckets) do total = total + count(b) end
  local n = math.min(#buckets, math.max(LEAST_POINTS,
    total // LEAST_PER_POINT))
  local each, groups = math.max(1, math.ceil(#buckets / math.max(n, 1))), {}
  for first = 1, #buckets, each do
    local last = math.min(first + each - 1, #buckets)
    local g = { from = buckets[first].from, to = buckets[last].to, span = 0,
      n = 0, failures = {} }
    for i = first, last do
      local b = buckets[i]
      g.span, g.n = g.span + b.span, g.n + count(b)
      for k, n in ipairs(b.failures) do
        g.failures[k] = (g.failures[k] or 0) + n
      end
    end
    groups[#groups + 1] = g
  end
  return groups
end

local function points(buckets, value)
  local list = {}
  for i, b in ipairs(buckets) do list[i] = { b.from, b.to, value(b) } end
  return list
end

local function greatest(list)
  local most = 0
  for _, p in ipairs(list) do
    most = math.max(most, p[4] or p[3] or 0)
  end
  return most
end

local function when(buckets, first, last)
  return ("%s to %s"):format(text.clock(buckets[first].from, true),
    text.clock(buckets[last].to, true))
end

local function add_windows(c, run)
  local profiles = run.profiles
  if not (profiles and profiles.window) then return end
  local window = profiles.window
  c:window(window.begin, window.begin + window.seconds,
    "profiles were taken", "#profiles")
end

--- Returns the least and greatest rate of the parts of each merged bucket.
local function rate_band(buckets)
  local list, differs = {}, false
  for i, b in ipairs(buckets) do
    list[i] = { b.from, b.to, b.least_rate, b.greatest_rate }
    differs = differs or b.greatest_rate > b.least_rate
  end
  return differs and list
end

local function draw_rate(run, buckets)
  local field = run.requests.count > 0 and "requests" or "iterations"
  local groups = group(buckets, function(b) return b[field] end)
  local threads = run.generator.threads
  local c = chart.new(run.seconds, ("%s per second and virtual users over time")
    :format(field))
  local rates = points(groups, function(g) return g.n * threads / g.span end)
  local vus = points(buckets, function(b) return b.vus end)
  local band = field == "requests" and rate_band(buckets)
  local left = c:linear(math.max(greatest(rates), band and greatest(band) or 0))
  local right = c:linear(greatest(vus), true)
  add_windows(c, run)
  c:axis("left", left, text.number)
  c:axis("right", right, text.number)
  local active = {}
  for i, p in ipairs(vus) do active[i] = { p[1], p[2], 0, p[3] } end
  c:area(right, active, "virtual users (right)", "2 soft")
  if band then c:area(left, band, "least and most", "1 soft") end
  c:line(left, rates, field .. " per second", 1)
  c:hover(buckets, function(first, last)
    local n, span, most = 0, 0, 0
    for i = first, last do
      n, span = n + buckets[i][field], span + buckets[i].span
      most = math.max(most, buckets[i].vus)
    end
    return ("%s: %s, %s virtual users"):format(when(buckets, first, last),
      text.rate(n * threads / span), text.count(most))
  end)
  return c:draw(field == "requests" and "Rate" or "Iterations")
end

local QUANTILES = { { "p50", "p50" }, { "p90", "p90" }, { "p99", "p99" },
  { "p999", "p99.9" }, { "max", "max" } }

--- Returns the limits of the thresholds on latencies, in milliseconds.
local function limits(run)
  local list = {}
  for _, t in ipairs(run.thresholds) do
    if t.is_latency then list[#list + 1] = t end
  end
  return list
end

local function draw_latency(run, buckets)
  local c = chart.new(run.seconds,
    "latency over time: p50, p90, p99, p99.9, max")
  local least, most = math.huge, 0
  for _, b in ipairs(buckets) do
    if b.p50 then
      least, most = math.min(least, b.p50), math.max(most, b.max)
    end
  end
  if most <= 0 then return end
  local seen = most
  for _, t in ipairs(limits(run)) do -- a limit far above the data has no line
    if t.bound <= 10 * seen then most = math.max(most, t.bound) end
  end
  least = math.max(least, most / 1e7)
  local left = c:log(least, most)
  add_windows(c, run)
  c:axis("left", left, text.tick)
  for i = #QUANTILES, 1, -1 do -- lower quantiles are drawn in front
    local field, title = table.unpack(QUANTILES[i])
    c:line(left, points(buckets, function(b) return b[field] end), title, i)
  end
  for _, t in ipairs(limits(run)) do c:limit(left, t.bound, t.condition) end
  c:hover(buckets, function(first, last)
    local lines = { when(buckets, first, last) }
    for _, q in ipairs(QUANTILES) do
      local high
      for i = first, last do
        local value = buckets[i][q[1]]
        if value then high = math.max(high or 0, value) end
      end
      lines[#lines + 1] = q[2] .. " " .. (high and text.time(high) or "-")
    end
    return table.concat(lines, "\n")
  end)
  return c:draw("Latency")
end

local function count_failures(b)
  local sum = 0
  for _, n in ipairs(b.failures) do sum = sum + n end
  return sum
end

local function draw_failures(run, all)
  local buckets = group(all, count_failures)
  local c = chart.new(run.seconds, "failed requests per second over time")
  local threads = run.generator.threads
  local bases, most = {}, 0
  for i, b in ipairs(buckets) do
    bases[i] = 0
    most = math.max(most, b.n * threads / b.span)
  end
  local left = c:linear(most)
  add_windows(c, run)
  c:axis("left", left, text.number)
  for k, name in ipairs(run.series.failures) do
    local list = {}
    for i, b in ipairs(buckets) do
      local top = bases[i] + (b.failures[k] or 0) * threads / b.span
      list[i] = { b.from, b.to, bases[i], top }
      bases[i] = top
    end
    c:area(left, list, name, (k - 1) % 6 + 1)
  end
  if most > 0 then
    c:hover(buckets, function(first, last)
      local lines = { when(buckets, first, last) }
      for k, name in ipairs(run.series.failures) do
        local n = 0
        for i = first, last do n = n + (buckets[i].failures[k] or 0) end
        if n > 0 then lines[#lines + 1] = text.count(n) .. " × " .. name end
      end
      return table.concat(lines, "\n")
    end)
  end
  return c:draw(most > 0 and "Failures by status, per second" or "No failures")
end

local function draw_late(run, buckets)
  local c = chart.new(run.seconds, "iterations that were late or dropped")
  local threads = run.generator.threads
  local late = points(buckets, function(b) return b.late end)
  local dropped = points(buckets, function(b)
    return b.dropped * threads / b.span
  end)
  if greatest(late) == 0 and greatest(dropped) == 0 then return end
  local left = c:linear(greatest(late), true)
  local right = c:linear(greatest(dropped))
  add_windows(c, run)
  c:axis("left", left, text.number)
  c:line(left, late, "waiting for a virtual user", 3)
  if greatest(dropped) > 0 then
    c:axis("right", right, text.number)
    c:line(right, dropped, "dropped per second (right)", 4)
  end
  return c:draw("Iterations that are due")
end

local function draw_generator(run, buckets)
  local c = chart.new(run.seconds, "the generator's own load and pacing lag")
  local threads = run.generator.threads
  local cores = points(buckets, function(b) return b.cpu * threads / b.span end)
  local lag = points(buckets, function(b) return b.lag > 0 and b.lag or nil end)
  local left = c:linear(math.max(greatest(cores), 1))
  c:axis("left", left, text.percent)
  c:line(left, cores, "CPU, of a core", 1)
  if greatest(lag) > 0 then
    local least = math.huge
    for _, p in ipairs(lag) do least = math.min(least, p[3] or least) end
    local right = c:log(math.max(least, greatest(lag) / 1e6),
      math.max(greatest(lag), 1))
    c:axis("right", right, text.tick)
    c:line(right, lag, "pacing lag p99 (right)", 4)
    c:limit(right, 1, "1 ms")
  end
  c:hover(buckets, function(first, last)
    local cpu, span, most = 0, 0, 0
    for i = first, last do
      cpu, span = cpu + buckets[i].cpu, span + buckets[i].span
      most = math.max(most, buckets[i].lag)
    end
    return ("%s: %s of a core, pacing lag %s"):format(
      when(buckets, first, last), text.percent(cpu * threads / span),
      text.time(most))
  end)
  return c:draw("Generator")
end

--- Returns the section, or nil if no time has passed.
function M.draw(run)
  local buckets = read_buckets(run)
  if #buckets == 0 then
    return E("p", { class = "muted" }, "The run was too short for a chart.")
  end
  return E("section", { class = "charts", ["aria-label"] = "over time" },
    draw_rate(run, buckets), draw_latency(run, buckets) or {},
    percentiles.draw(run) or {}, draw_failures(run, buckets),
    draw_late(run, buckets) or {}, draw_generator(run, buckets))
end

return M
