--- GET /data: work to profile. The handler invents orders, sorts, groups, prints
--- and packs them, and answers with a summary in JSON.
---
--- Each step is a function of its own, so that profiles name it:
---
---   profile       sort_rows          table.sort, in C, which calls compare_rows
---                 group_rows         looks up and adds up, in Lua
---                 format_rows        string.format
---                 pack_lines         json.encode and gzip.compress, in C
---   allocs        build_rows         makes tables and strings, garbage soon
---   heap          keep_rows          makes tables that stay
---   threadcreate  start_archive      makes a thread
---   goroutine     archive_summaries  waits for messages, on that thread
---   block         wait_for_totals    waits for a lock
---   mutex         save_totals        holds the lock
---   wall          write_totals       sleeps in place of writing to a disk
---
--- Query parameters; a wrong value is answered with 400:
---
---   rows=500   orders, 1 to 100000
---   seed=1     seed of the random numbers, 0 to 4294967295: equal values
---              give equal answers
---   gzip=0     1: compresses the answer, as `Accept-Encoding: gzip` does
local gzip = require "gzip"
local json = require "json"
local scheduler = require "scheduler"
local sync = require "sync"
local thread = require "thread"

local REGIONS = { "Africa", "America", "Asia", "Europe", "Oceania" }
local PRODUCTS = { "anvil", "bellows", "crucible", "drill", "engine", "file" }
local TOP = 5
local KEPT, KEPT_OF_EACH = 50000, 50 -- rows
local SAVE_SECONDS = 0.05

local totals_lock = sync.mutex "data.totals"
local summaries = sync.channel("data.summaries", 1000)

---@class Row
---@field id integer
---@field region string
---@field product string
---@field quantity integer
---@field price number

---@class Group
---@field region string
---@field orders integer
---@field revenue number

--- Returns a query parameter as a whole number. Raises if it is out of bounds.
local function read_integer(query, name, default, least, most)
  local text = query[name]
  if not text then return default end
  local number = text:find("^%d+$") and math.tointeger(tonumber(text))
  if not number or number < least or number > most then
    error {
      status = 400,
      message = string.format("%s must be a whole number from %d to %d, got '%s'",
        name, least, most, text),
    }
  end
  return number
end

local function build_row(id)
  return {
    id = id,
    region = REGIONS[math.random(#REGIONS)],
    product = PRODUCTS[math.random(#PRODUCTS)] .. "-" .. math.random(100),
    quantity = math.random(20),
    price = math.random(100, 99999) / 100,
  }
end

---@return Row[]
local function build_rows(count, seed)
  math.randomseed(seed)
  local rows = {}
  for id = 1, count do rows[id] = build_row(id) end
  return rows
end

--- Orders by price, the highest first. Equal prices are in the order of ids.
local function compare_rows(a, b)
  if a.price ~= b.price then return a.price > b.price end
  return a.id < b.id
end

local function sort_rows(rows)
  table.sort(rows, compare_rows)
end

--- Returns the orders and the revenue of each region, sorted by name.
---@return Group[]
local function group_rows(rows)
  local by_region, groups = {}, {}
  for _, row in ipairs(rows) do
    local group = by_region[row.region]
    if not group then
      group = { region = row.region, orders = 0, revenue = 0.0 }
      by_region[row.region] = group
      groups[#groups + 1] = group
    end
    group.orders = group.orders + 1
    group.revenue = group.revenue + row.quantity * row.price
  end
  table.sort(groups, function(a, b) return a.region < b.region end)
  return groups
end

local function format_row(row)
  return string.format("%6d  %-8s  %-12s  %10.2f", row.id, row.region,
    row.product, row.quantity * row.price)
end

--- Returns a line of text for each row.
---@return string[]
local function format_rows(rows)
  local lines = {}
  for i, row in ipairs(rows) do lines[i] = format_row(row) end
  return lines
end

--- Returns the lines as they would be stored in an archive.
local function pack_lines(lines)
  return gzip.compress(json.encode(lines))
end

local kept, n_kept, n_unsaved = {}, 0, 0

--- Keeps the rows with the highest prices of the last requests in memory.
local function keep_rows(rows)
  for i = 1, math.min(KEPT_OF_EACH, #rows) do
    n_kept = n_kept + 1
    kept[n_kept % KEPT] = { id = rows[i].id, price = rows[i].price }
  end
end

--- Runs on a thread of its own, where it waits nearly all the time.
local function archive_summaries()
  local inbox = require("sync").channel("data.summaries", 1000)
  while true do inbox:receive() end
end

local function start_archive()
  thread.spawn(archive_summaries)
end

local function wait_for_totals()
  totals_lock:lock()
end

local function write_totals()
  scheduler.sleep(0.002)
end

--- A timer calls it on each worker. The lock lets one worker save at a time.
local function save_totals()
  if n_unsaved == 0 then return end
  n_unsaved = 0
  wait_for_totals()
  write_totals()
  totals_lock:unlock()
end

start_archive()
scheduler.every(SAVE_SECONDS, save_totals)

local function first_rows(rows)
  return json.array(table.move(rows, 1, math.min(TOP, #rows), 1, {}))
end

local function wants_gzip(req)
  local accepted = req.headers["Accept-Encoding"] or ""
  return read_integer(req.query, "gzip", 0, 0, 1) == 1
    or accepted:find("gzip", 1, true) ~= nil
end

local function answer(req)
  local count = read_integer(req.query, "rows", 500, 1, 100000)
  local seed = read_integer(req.query, "seed", 1, 0, 0xFFFFFFFF)
  local compressed = wants_gzip(req)

  local rows = build_rows(count, seed)
  sort_rows(rows)
  local groups = group_rows(rows)
  local packed = pack_lines(format_rows(rows))
  local summary = {
    rows = #rows,
    seed = seed,
    groups = groups,
    top = first_rows(rows),
    packed_bytes = #packed,
  }
  keep_rows(rows)
  summaries:send(summary, 0) -- is dropped when the channel is full
  n_unsaved = n_unsaved + 1

  if not compressed then return summary end
  return 200, gzip.compress(json.encode(summary)), {
    ["Content-Type"] = "application/json",
    ["Content-Encoding"] = "gzip",
    ["Vary"] = "Accept-Encoding",
  }
end

return answer
