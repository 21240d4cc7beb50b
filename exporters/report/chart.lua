-- chart.lua: draws one chart over time as inline SVG, without a script. A chart
-- has steps and areas over a time axis, a value axis on the left and, if
-- needed, on the right, shaded windows and limits.
local markup = require "report.markup"
local scale = require "report.scale"
local text = require "report.text"

local E, xy = markup.element, markup.coordinate

local M = {}

M.WIDTH, M.HEIGHT = 660, 230
local LEFT, RIGHT, TOP, BOTTOM = 58, 58, 8, 24
local HOVERS = 120 -- the most areas with a title

local Chart = {}
Chart.__index = Chart

--- Returns a chart of `seconds`. `label` is the description for screen readers.
function M.new(seconds, label)
  return setmetatable({
    label = label,
    time = scale.time(seconds, LEFT, M.WIDTH - RIGHT),
    below = {}, -- elements in the order of drawing: first these, then `above`
    above = {},
    keys = {},
  }, Chart)
end

--- Chart:linear and Chart:log return scales that fit the height of the chart.
function Chart:linear(greatest, whole)
  return scale.linear(greatest, M.HEIGHT - BOTTOM, TOP, 4, whole)
end

function Chart:log(least, greatest)
  return scale.log(least, greatest, M.HEIGHT - BOTTOM, TOP)
end

--- Draws an axis on the "left" or "right". `format` returns the text of a tick.
function Chart:axis(side, value_scale, format)
  local x = side == "left" and LEFT - 6 or M.WIDTH - RIGHT + 6
  for _, tick in ipairs(value_scale.ticks) do
    local y = value_scale:position(tick)
    if side == "left" then
      self.below[#self.below + 1] = E("path", { class = "grid",
        d = ("M%d %sH%d"):format(LEFT, xy(y), M.WIDTH - RIGHT) })
    end
    self.below[#self.below + 1] = E("text", { class = side, x = x,
      y = xy(y + 4) }, format(tick))
  end
end

--- Draws a shaded window of time, which is a link if `href` is given.
function Chart:window(from, to, title, href)
  local x0, x1 = self.time:position(from), self.time:position(to)
  local box = E("rect", { class = "window", x = xy(x0), y = TOP,
    width = xy(math.max(x1 - x0, 1)), height = M.HEIGHT - TOP - BOTTOM },
    E("title", nil, title))
  if href then box = E("a", { href = href }, box) end
  self.windows = self.windows or {}
  self.windows[#self.windows + 1] = box
end

--- Draws a dashed line at a value, unless the value is outside the scale.
function Chart:limit(value_scale, value, label)
  if value < value_scale.least or value > value_scale.greatest then return end
  local y = value_scale:position(value)
  table.move({
    E("path", { class = "limit",
      d = ("M%d %sH%d"):format(LEFT, xy(y), M.WIDTH - RIGHT) }),
    E("text", { class = "limit", x = LEFT + 4,
      y = xy(y < TOP + 14 and y + 12 or y - 4) }, label),
  }, 1, 2, #self.above + 1, self.above)
end

--- Returns the path of steps { { from, to, value }, ... }. A point whose value
-- is nil is a gap. A single point between gaps stays visible.
local function steps(time, value_scale, points)
  local parts, at = {}, nil
  for _, point in ipairs(points) do
    local from, to, value = point[1], point[2], point[3]
    if not value then
      at = nil
    else
      local x0, x1 = time:position(from), time:position(to)
      local y = xy(value_scale:position(value))
      parts[#parts + 1] = at and "V" .. y or ("M%s %s"):format(xy(x0), y)
      parts[#parts + 1] = "H" .. xy(math.max(x1, x0 + 0.5))
      at = y
    end
  end
  return table.concat(parts)
end

--- Draws a line. `key` is its name in the legend, `style` is 1 to 6.
function Chart:line(value_scale, points, key, style)
  local d = steps(self.time, value_scale, points)
  if d ~= "" then
    self.above[#self.above + 1] =
      E("path", { class = "line s" .. style, d = d })
  end
  table.insert(self.keys, 1, { key, "line s" .. style })
end

--- Draws the area between two values: { { from, to, low, high }, ... }. The
-- style "1 soft" makes the area pale.
function Chart:area(value_scale, points, key, style)
  local parts = {}
  for _, point in ipairs(points) do
    local from, to, low, high = table.unpack(point, 1, 4)
    if high and high > low then
      local x0, x1 = self.time:position(from), self.time:position(to)
      parts[#parts + 1] = ("M%s %sV%sH%sV%sZ"):format(xy(x0),
        xy(value_scale:position(low)), xy(value_scale:position(high)),
        xy(math.max(x1, x0 + 0.5)), xy(value_scale:position(low)))
    end
  end
  if #parts > 0 then
    self.below[#self.below + 1] =
      E("path", { class = "area s" .. style, d = table.concat(parts) })
  end
  if key then self.keys[#self.keys + 1] = { key, "area s" .. style } end
end

--- Adds areas that show a title under the pointer. `tell(first, last)` returns
-- the title for the buckets from the first to the last.
function Chart:hover(buckets, tell)
  local each = math.max(1, math.ceil(#buckets / HOVERS))
  for first = 1, #buckets, each do
    local last = math.min(first + each - 1, #buckets)
    local x0 = self.time:position(buckets[first].from)
    local x1 = self.time:position(buckets[last].to)
    self.above[#self.above + 1] = E("rect", { class = "hover", x = xy(x0),
      y = TOP, width = xy(math.max(x1 - x0, 0.5)),
      height = M.HEIGHT - TOP - BOTTOM }, E("title", nil, tell(first, last)))
  end
end

local function draw_time(time)
  local parts, y = {}, M.HEIGHT - BOTTOM
  for _, tick in ipairs(time.ticks) do
    local x = xy(time:position(tick))
    parts[#parts + 1] = E("path", { class = "tick",
      d = ("M%s %dv4"):format(x, y) })
    parts[#parts + 1] = E("text", { class = "time", x = x, y = y + 16 },
      time.step < 1 and text.tick(tick * 1000) or text.clock(tick))
  end
  parts[#parts + 1] = E("path", { class = "axis",
    d = ("M%d %dH%d"):format(LEFT, y, M.WIDTH - RIGHT) })
  return parts
end

--- Returns a specimen of a line or area, for a legend.
function M.swatch(class)
  local shape = class:find("^line")
    and E("path", { class = class, d = "M0 5H22" })
    or E("rect", { class = class, width = 22, height = 10 })
  return E("svg", { class = "swatch", viewBox = "0 0 22 10",
    ["aria-hidden"] = "true" }, shape)
end

--- Returns the figure: title, legend and picture.
function Chart:draw(title)
  local keys = {}
  for i, key in ipairs(self.keys) do
    keys[i] = E("li", nil, M.swatch(key[2]), " ", markup.name(key[1]))
  end
  return E("figure", nil,
    E("figcaption", nil, E("h3", nil, title),
      #keys > 0 and E("ul", { class = "legend" }, keys)),
    E("svg", { class = "chart", role = "img", ["aria-label"] = self.label,
      viewBox = ("0 0 %d %d"):format(M.WIDTH, M.HEIGHT) },
      self.windows or {}, self.below, draw_time(self.time), self.above))
end

return M
