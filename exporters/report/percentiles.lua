-- percentiles.lua: draws latency by percentile on the axis of HdrHistogram's
-- plots: 90, 99 and 99.9 % are equally far from each other.
local chart = require "report.chart"
local markup = require "report.markup"
local scale = require "report.scale"
local text = require "report.text"

local E, xy = markup.element, markup.coordinate

local M = {}

local LEFT, RIGHT, TOP, BOTTOM = 58, 20, 8, 24

--- Returns the position of a quantile: 1 for 0.9, 2 for 0.99. The quantile 1
-- stands at the end, `most`.
local function nines(q, most)
  return q >= 1 and most or math.min(-math.log(1 - q, 10), most)
end

local function read_range(run)
  local least, greatest, most = math.huge, 0, 1
  for _, q in ipairs(run.latency) do
    if q.value > 0 then least = math.min(least, q.value) end
    greatest = math.max(greatest, q.value)
    if q.quantile < 1 then most = math.max(most, nines(q.quantile, 12)) end
  end
  return math.min(least, greatest), greatest, most
end

local function curve(list, x, y)
  local parts = {}
  for i, q in ipairs(list) do
    parts[i] = ("%s%s %s"):format(i == 1 and "M" or "L",
      xy(x:position(nines(q.quantile, x.greatest))), xy(y:position(q.value)))
  end
  -- A single value is drawn as a dot.
  if #list == 1 then parts[2] = "h0.5" end
  return table.concat(parts)
end

local function draw_axes(x, y)
  local parts, bottom, width = {}, chart.HEIGHT - BOTTOM, chart.WIDTH
  for _, tick in ipairs(y.ticks) do
    local at = y:position(tick)
    parts[#parts + 1] = E("path", { class = "grid",
      d = ("M%d %sH%d"):format(LEFT, xy(at), width - RIGHT) })
    parts[#parts + 1] = E("text", { class = "left", x = LEFT - 6,
      y = xy(at + 4) }, text.tick(tick))
  end
  local function mark(at, label)
    parts[#parts + 1] = E("path", { class = "tick",
      d = ("M%s %dv4"):format(xy(at), bottom) })
    parts[#parts + 1] = E("text", { class = "time", x = xy(at),
      y = bottom + 16 }, label)
  end
  mark(x:position(0), "0")
  mark(x:position(nines(0.5, 12)), "50 %")
  for i = 1, math.floor(x.greatest + 1e-9) do
    local label = i == 1 and "90 %" or
      "99" .. (i > 2 and "." .. ("9"):rep(i - 2) or "") .. " %"
    mark(x:position(i), label)
  end
  parts[#parts + 1] = E("path", { class = "axis",
    d = ("M%d %dH%d"):format(LEFT, bottom, width - RIGHT) })
  return parts
end

--- Returns the figure of `run.latency` and `run.duration`, or nil if there were
-- no requests.
function M.draw(run)
  if #run.latency == 0 then return end
  local least, greatest, most = read_range(run)
  if greatest <= 0 then return end
  for _, q in ipairs(run.duration) do
    if q.value > 0 then least = math.min(least, q.value) end
  end
  local x = scale.linear(1, LEFT, chart.WIDTH - RIGHT, 1)
  x.greatest = most
  local y = scale.log(math.max(least, greatest / 1e7), greatest,
    chart.HEIGHT - BOTTOM, TOP)
  return E("figure", nil,
    E("figcaption", nil, E("h3", nil, "Latency by percentile"),
      E("ul", { class = "legend" },
        E("li", nil, chart.swatch("line s4"), " from when it was due"),
        E("li", nil, chart.swatch("line s1"), " from when it was sent"))),
    E("svg", { class = "chart", role = "img",
      viewBox = ("0 0 %d %d"):format(chart.WIDTH, chart.HEIGHT),
      ["aria-label"] = "latency by percentile" },
      draw_axes(x, y),
      E("path", { class = "line s4", d = curve(run.latency, x, y) }),
      E("path", { class = "line s1", d = curve(run.duration, x, y) })))
end

return M
