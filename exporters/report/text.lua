-- text.lua: formats numbers for people. The comments show examples of results.
local interval = require "lib.interval"

local M = {}

--- Three digits, no exponent: 1.23, 12.3, 123, 1,234.
local function digits(value)
  local magnitude = math.abs(value)
  if magnitude == 0 then return "0" end
  if magnitude < 9.995 then return ("%.2f"):format(value) end
  if magnitude < 99.95 then return ("%.1f"):format(value) end
  return M.count(value)
end

--- "72,360"
---@param n number
function M.count(n)
  local text = ("%.0f"):format(n)
  local sign, rest = text:match("^(%-?)(%d+)$")
  if not rest then return text end
  rest = rest:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "")
  return sign .. rest
end

local TIMES = { { 1000, "s" }, { 1, "ms" }, { 1e-3, "µs" }, { 0, "ns" } }

--- "1.90 ms", from milliseconds.
---@param ms number
function M.time(ms)
  local magnitude = math.abs(ms)
  if magnitude < 0.5e-6 then return "0" end
  for _, unit in ipairs(TIMES) do
    if magnitude >= unit[1] * 0.9995 then
      return digits(ms / math.max(unit[1], 1e-6)) .. " " .. unit[2]
    end
  end
end

--- The same without zeros: "2 ms", for an axis.
function M.tick(ms)
  return (M.time(ms):gsub("%.?0+ ", " ", M.time(ms):find("%.") and 1 or 0))
end

local SIZES = { { 1e12, "TB" }, { 1e9, "GB" }, { 1e6, "MB" }, { 1e3, "kB" } }

--- "4.90 kB"
---@param bytes number
function M.bytes(bytes)
  for _, unit in ipairs(SIZES) do
    if math.abs(bytes) >= unit[1] * 0.9995 then
      return digits(bytes / unit[1]) .. " " .. unit[2]
    end
  end
  return M.count(bytes) .. " B"
end

--- "0.0002", "12.5", "72,360": up to four digits behind the point.
---@param x number
function M.number(x)
  if x == math.floor(x) and math.abs(x) < 2 ^ 53 then return M.count(x) end
  if math.abs(x) >= 100 then return M.count(x) end
  return (("%.4g"):format(x))
end

--- "0.02 %", from a share.
---@param share number
function M.percent(share)
  local text = ("%.2f"):format(100 * share):gsub("%.?0+$", "")
  if text == "0" and share > 0 then text = "< 0.01" end
  return text .. " %"
end

--- "12.34 % ± 1.05": a share with its interval in points, if there is one.
---@param share number
---@param n number?  the result of lib.interval's samples
function M.percent_within(share, n)
  if not n then return M.percent(share) end
  return ("%s ± %.2f"):format(M.percent(share),
    100 * interval.half_width(share, n))
end

--- "12.3/s"
---@param x number
function M.rate(x) return digits(x) .. "/s" end

--- A length of time, in seconds: "30 s", "1 m 30 s", "0.35 s".
---@param seconds number
function M.duration(seconds)
  if seconds < 1 then return M.time(seconds * 1000) end
  if seconds < 60 then
    return (("%.1f"):format(seconds):gsub("%.0$", "")) .. " s"
  end
  local s = math.floor(seconds + 0.5)
  if s < 3600 then return ("%d m %d s"):format(s // 60, s % 60) end
  return ("%d h %d m"):format(s // 3600, s // 60 % 60)
end

--- A point in time, in seconds from the start: "00:24", with tenths where
-- `fine`.
---@param seconds number
---@param fine boolean?
function M.clock(seconds, fine)
  local tenths = math.floor(seconds * 10 + 0.5)
  if not fine then tenths = tenths // 10 * 10 end
  local s = tenths // 10
  local text = s < 3600 and ("%02d:%02d"):format(s // 60, s % 60)
    or ("%d:%02d:%02d"):format(s // 3600, s // 60 % 60, s % 60)
  return fine and text .. "." .. tenths % 10 or text
end

local BY_UNIT = { time = M.time, data = M.bytes, plain = M.number,
  share = M.percent }

--- By a metric's unit.
---@param value number
---@param unit "time"|"data"|"plain"|"share"
function M.value(value, unit) return BY_UNIT[unit](value) end

--- In a profile's unit.
---@param value integer
---@param unit string
function M.profile_value(value, unit)
  if unit == "nanoseconds" then return M.time(value / 1e6) end
  if unit == "bytes" then return M.bytes(value) end
  return M.count(value)
end

return M
