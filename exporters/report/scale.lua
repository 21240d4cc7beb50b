-- scale.lua: maps values to coordinates and places the ticks.
local M = {}

--- Returns the least of 1, 2, 2.5, 5 x 10^n that is at least x. If `whole`, the
-- step is a whole number.
local function nice_step(x, whole)
  if whole then x = math.max(x, 1) end
  local power = 10 ^ math.floor(math.log(x, 10))
  for _, factor in ipairs { 1, 2, 2.5, 5, 10 } do
    local step = factor * power
    if step >= x * (1 - 1e-9) and not (whole and step % 1 > 0) then
      return step
    end
  end
end

local function position(scale, value)
  local share = (scale.map(value) - scale.map(scale.least)) /
    (scale.map(scale.greatest) - scale.map(scale.least))
  return scale.from + (scale.to - scale.from) * math.max(0, math.min(1, share))
end

local function new(scale)
  scale.position = position
  return scale
end

local function itself(x) return x end

--- Returns a scale of values from 0 to at least `greatest` on coordinates
-- `from` to `to`, with about `n` ticks. If `whole`, ticks are at whole numbers.
function M.linear(greatest, from, to, n, whole)
  if greatest <= 0 then greatest = 1 end
  local step, ticks = nice_step(greatest / n, whole), {}
  local last = math.ceil(greatest / step - 1e-9)
  for i = 0, last do ticks[#ticks + 1] = i * step end
  return new { least = 0, greatest = last * step, from = from, to = to,
    ticks = ticks, map = itself }
end

--- Returns a logarithmic scale of whole decades that enclose `least` and
-- `greatest`, both > 0. One or two decades also have ticks at 2 and 5.
function M.log(least, greatest, from, to)
  local first = math.floor(math.log(least, 10) + 1e-9)
  local last = math.ceil(math.log(greatest, 10) - 1e-9)
  if last <= first then last = first + 1 end
  local factors = last - first <= 2 and { 1, 2, 5 } or { 1 }
  local ticks = {}
  for power = first, last do
    for _, factor in ipairs(factors) do
      local value = factor * 10.0 ^ power
      if power < last or factor == 1 then ticks[#ticks + 1] = value end
    end
  end
  return new { least = 10.0 ^ first, greatest = 10.0 ^ last, from = from,
    to = to, ticks = ticks,
    map = function(x) return math.log(math.max(x, 1e-300), 10) end }
end

local TIME_STEPS = { 1e-5, 1e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05,
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  14400, 43200, 86400 }

--- Returns a scale of time from 0 to exactly `seconds`.
function M.time(seconds, from, to)
  local step = TIME_STEPS[#TIME_STEPS]
  for _, s in ipairs(TIME_STEPS) do
    if seconds / s <= 7 then
      step = s
      break
    end
  end
  local ticks = {}
  for i = 0, math.floor(seconds / step + 1e-9) do
    ticks[#ticks + 1] = i * step
  end
  return new { least = 0, greatest = math.max(seconds, 1e-9), from = from,
    to = to, ticks = ticks, step = step, map = itself }
end

return M
