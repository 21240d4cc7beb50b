-- flame.lua: draws a flame graph of a profile as inline SVG, without a script.
-- The root is on top, and siblings are sorted by weight. Each box clips its
-- name and has a title. Boxes are placed in percent, so the picture fits any
-- width.
local frame_kind = require "lib.frame_kind"
local interval = require "lib.interval"
local markup = require "report.markup"
local text = require "report.text"
local values = require "lib.values"

local E, xy = markup.element, markup.coordinate

local M = {}

local ROW = 17
local ROWS_MAX = 80
local LEAST_SHARE = 0.001 -- narrower boxes are not drawn
local LEAST_NAMED = 0.012 -- narrower boxes have no room for a letter

--- Returns the functions of the profile and, by location, the numbers of its
-- functions, innermost first. Inlined functions are frames, too.
local function read_frames(profile)
  local _, n_locations, _, n_mappings = profile:counts()
  local frames, numbers, mappings, by_location = {}, {}, {}, {}
  for id = 1, n_mappings do mappings[id] = profile:mapping(id).filename end
  local function number(name, file, start, mapping)
    local key = name .. "\0" .. file
    if not numbers[key] then
      frames[#frames + 1] = { key = key, name = name, file = file,
        start = start, kind = frame_kind.of(name, file, mapping) }
      numbers[key] = #frames
    end
    return numbers[key]
  end
  for id = 1, n_locations do
    local location, list = profile:location(id), {}
    local mapping = mappings[location.mapping] or ""
    for i, line in ipairs(location.lines) do
      local f = profile:func(line.func)
      list[i] = number(f.name ~= "" and f.name or f.system_name, f.filename,
        f.start_line, mapping)
    end
    if #list == 0 then
      list[1] = number(("0x%x"):format(location.address), "", 0, mapping)
    end
    by_location[id] = list
  end
  return frames, by_location
end

--- Returns the distinct stacks, each as { packed numbers of frames, root first;
-- value }. A tree takes far more memory: 1 GB for 100,000 random stacks of 28
-- frames.
local function read_stacks(profile, index, by_location)
  local stacks, positions, parts = {}, {}, {}
  local locations, sample_values
  for i = 1, (profile:counts()) do
    locations, sample_values = profile:sample(i, locations, sample_values)
    local n = 0
    for k = #locations, 1, -1 do
      local list = by_location[locations[k]]
      for j = #list, 1, -1 do
        n = n + 1
        parts[n] = string.pack("<I4", list[j])
      end
    end
    local packed = table.concat(parts, "", 1, n)
    local at = positions[packed]
    if not at then
      at = #stacks + 1
      positions[packed], stacks[at] = at, { packed, 0 }
    end
    stacks[at][2] = stacks[at][2] + sample_values[index]
  end
  return stacks
end

-- Returns the place of a frame for a title: " data.lua:41".
local function place(frame)
  local file = frame.file:match("[^/]*$")
  if file == "" then return "" end
  return frame.start > 0 and (" %s:%d"):format(file, frame.start)
    or " " .. file
end

local function draw_box(node, root, unit)
  local frame, share = node.frame, node.value / root.value
  local function percent(x) return text.percent_within(x, root.n_samples) end
  local title = ("%s%s\n%s = %s of all, itself %s"):format(frame.name,
    place(frame), text.profile_value(node.value, unit), percent(share),
    percent(node.own / root.value))
  return E("svg", { x = xy(100 * node.left) .. "%", y = (node.depth - 1) * ROW,
    width = xy(100 * share) .. "%", height = ROW - 1 },
    E("title", nil, title),
    E("rect", { class = node.kind, width = "100%", height = ROW - 1 }),
    share >= LEAST_NAMED and E("text", { x = 3, y = 12 }, frame.name))
end

--- Returns the children of a node, heaviest first, and sets `own` to the value
-- that the node spends itself.
local function find_children(node, frames)
  local children, by_number = {}, {}
  node.own = 0
  for _, stack in ipairs(node.stacks) do
    local at = 4 * node.depth + 1
    if at > #stack[1] then
      node.own = node.own + stack[2]
    else
      local number = string.unpack("<I4", stack[1], at)
      local child = by_number[number]
      if not child then
        child = { frame = frames[number], stacks = {}, value = 0,
          depth = node.depth + 1 }
        by_number[number] = child
        children[#children + 1] = child
      end
      child.stacks[#child.stacks + 1] = stack
      child.value = child.value + stack[2]
    end
  end
  table.sort(children, function(a, b)
    if a.value ~= b.value then return a.value > b.value end
    return a.frame.key < b.frame.key
  end)
  return children
end

--- Returns the boxes, how many rows they take, and how many calls have no box.
-- The function does not recurse, because stacks may be deep.
local function draw_boxes(root, frames, unit)
  local boxes, rows, n_left_out = {}, 0, 0
  local pending = { root }
  while #pending > 0 do
    local node = table.remove(pending)
    local left = node.left
    for _, child in ipairs(find_children(node, frames)) do
      if child.value / root.value < LEAST_SHARE or child.depth > ROWS_MAX then
        n_left_out = n_left_out + 1
      else
        child.left = left
        child.kind = frame_kind.below(child.frame.kind, node.kind)
        pending[#pending + 1] = child
      end
      left = left + child.value / root.value
    end
    if node.frame then
      boxes[#boxes + 1] = draw_box(node, root, unit)
      rows = math.max(rows, node.depth)
    end
    node.stacks = nil
  end
  return boxes, rows, n_left_out
end

--- Returns, by kind, the values that the frames of the kind spend themselves.
-- Native code below the garbage collector counts as the collector.
local function sum_kinds(stacks, frames)
  local sums = {}
  for _, stack in ipairs(stacks) do
    local kind, collects
    for at = 1, #stack[1], 4 do
      local frame = frames[string.unpack("<I4", stack[1], at)]
      kind = frame_kind.below(frame.kind, kind)
      collects = kind == "gc" or collects and kind == "native"
    end
    kind = collects and "gc" or kind
    if kind then sums[kind] = (sums[kind] or 0) + stack[2] end
  end
  return sums
end

local function legend(sums, root)
  local items = {}
  for _, kind in ipairs(frame_kind.ORDER) do
    if sums[kind] and sums[kind] > 0 then
      items[#items + 1] = E("li", nil,
        E("svg", { class = "swatch", viewBox = "0 0 22 10",
          ["aria-hidden"] = "true" },
          E("rect", { class = kind, width = 22, height = 10 })),
        (" %s %s"):format(frame_kind.TITLES[kind],
          text.percent_within(sums[kind] / root.value, root.n_samples)))
    end
  end
  return E("ul", { class = "legend" }, items)
end

--- Returns the picture of the profile's values of one type with its legend, or
-- nil if all values are 0.
---@param profile table
---@param type string  one of its sample types
---@param unit string
---@param file string?  the file that holds the whole profile
function M.draw(profile, type, unit, file)
  local index = values.index(profile:header(), { sample_index = type })
  local frames, by_location = read_frames(profile)
  local stacks = read_stacks(profile, index, by_location)
  local root = { stacks = stacks, value = 0, left = 0, depth = 0,
    n_samples = interval.samples(profile, index) }
  for _, stack in ipairs(stacks) do root.value = root.value + stack[2] end
  if root.value <= 0 then return end
  local boxes, rows, n_left_out = draw_boxes(root, frames, unit)
  local note = n_left_out > 0 and E("p", { class = "muted" },
    ("%s calls of less than %s, or deeper than %d rows, are not drawn"):format(
      text.count(n_left_out), text.percent(LEAST_SHARE), ROWS_MAX),
    file and { "; ", E("code", nil, markup.name(file)), " has them" }, ".")
  return {
    legend(sum_kinds(stacks, frames), root),
    E("svg", { class = "flame", width = "100%", height = rows * ROW,
      role = "img", ["aria-label"] = "flame graph of " .. type }, boxes),
    note or {},
  }
end

return M
