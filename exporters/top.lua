-- top.lua: writes a table of functions with the value of each function itself
-- (flat) and together with all functions that it calls (cum), counted as by
-- `go tool pprof -top`. The shares of a CPU profile have their intervals.
local interval = require "lib.interval"
local values = require "lib.values"

local DEFAULT_COUNT = 30

local UNITS = { nanoseconds = { 1e9, "s" }, bytes = { 1024 * 1024, "MiB" } }

--- Returns a value as text: seconds and MiB with two decimals, counts
-- unchanged.
local function show(value, unit)
  local scale = UNITS[unit]
  if not scale then return tostring(value) end
  return ("%.2f%s"):format(value / scale[1], scale[2])
end

--- Returns, by location id, the names of its functions, innermost first.
local function read_names(profile)
  local _, n_locations = profile:counts()
  local names = {}
  for id = 1, n_locations do
    local location, list = profile:location(id), {}
    for i, line in ipairs(location.lines) do
      list[i] = profile:func(line.func).name
    end
    if #list == 0 then list[1] = ("0x%x"):format(location.address) end
    names[id] = list
  end
  return names
end

--- Sums up by name. A name counts once per stack, so that recursion does not
-- count a value twice.
local function sum(profile, index)
  local names = read_names(profile)
  local total, flat, cum, order = 0, {}, {}, {}
  for i = 1, (profile:counts()) do
    local locations, sample_values = profile:sample(i)
    local value, seen, leaf = sample_values[index], {}, nil
    total = total + value
    for _, id in ipairs(locations) do
      for _, name in ipairs(names[id]) do
        leaf = leaf or name
        if not seen[name] then
          seen[name] = true
          if not cum[name] then
            order[#order + 1], cum[name], flat[name] = name, 0, 0
          end
          cum[name] = cum[name] + value
        end
      end
    end
    if leaf then flat[leaf] = flat[leaf] + value end
  end
  return total, flat, cum, order
end

return {
  api = 1,
  name = "top",
  extension = ".txt",
  content_type = "text/plain; charset=utf-8",
  description = "Table of functions: flat and cumulative; option n=30, sort=cum",
  export = function(profile, out, options)
    local header = profile:header()
    local index = values.index(header, options)
    local shown = header.sample_types[index]
    local total, flat, cum, order = sum(profile, index)
    local first = options.sort == "cum" and cum or flat
    local second = first == cum and flat or cum
    table.sort(order, function(a, b)
      if first[a] ~= first[b] then return first[a] > first[b] end
      if second[a] ~= second[b] then return second[a] > second[b] end
      return a < b
    end)
    local n_samples = interval.samples(profile, index)
    --- Returns "12.34%", or "12.34% ±1.05" in points.
    local function percent(value)
      local share = total ~= 0 and value / total or 0
      local text = ("%6.2f%%"):format(share * 100)
      if not n_samples then return text end
      local points = interval.half_width(share, n_samples) * 100
      return text .. (" ±%-5.2f"):format(points)
    end
    out:write(("%s: %s in all"):format(shown.type, show(total, shown.unit)))
    if n_samples then
      out:write((", as of %.0f equal samples; ± is 1.96 standard errors")
        :format(n_samples))
    end
    local gap = n_samples and (" "):rep(7) or ""
    out:write(("\n%10s %7s%s %10s %7s%s  %s\n"):format("flat", "flat%", gap,
      "cum", "cum%", gap, "function"))
    local n = math.min(#order, tonumber(options.n) or DEFAULT_COUNT)
    for i = 1, n do
      local name = order[i]
      out:write(("%10s %s %10s %s  %s\n"):format(
        show(flat[name], shown.unit), percent(flat[name]),
        show(cum[name], shown.unit), percent(cum[name]), name))
    end
  end,
}
