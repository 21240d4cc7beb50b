-- report.lua: builds a text from rows, and counts the words of a text. Concatenation,
-- string.format, gmatch, keys that are strings.

local NAMES = { "moon", "crater", "orbit", "lander", "dust" }

local function make_rows(count)
  local rows = {}
  for i = 1, count do
    rows[i] = { name = NAMES[i % #NAMES + 1], weight = i * 1.5, count = i % 10 }
  end
  return rows
end

local function pad(text, width) return text .. (" "):rep(width - #text) end

local function line_of(row)
  return pad(row.name, 10) .. pad(tostring(row.count), 4) ..
    string.format("%8.2f", row.weight) .. "\n"
end

local function build(rows)
  local lines = {}
  for i, row in ipairs(rows) do lines[i] = line_of(row) end
  return table.concat(lines)
end

local function count_words(text)
  local counts = {}
  for word in text:gmatch "%a+" do counts[word] = (counts[word] or 0) + 1 end
  return counts
end

local function grow(rows)
  local text = ""
  for i = 1, 100 do text = text .. rows[i].name .. "," end
  return text
end

return function(n)
  for _ = 1, n * 5 do
    local rows = make_rows(2000)
    local text = build(rows)
    assert(#text == 2000 * 23, "report: " .. #text .. " bytes")
    local counts = count_words(text)
    for _, name in ipairs(NAMES) do
      assert(counts[name] == 400, "report: " .. counts[name] .. " times " .. name)
    end
    local list = grow(rows)
    for _ = 1, 4 do assert(grow(rows) == list, "report: another list") end
    assert(select(2, list:gsub("%a+,", "")) == 100, "report: not 100 names")
  end
end
