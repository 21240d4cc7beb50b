-- tables.lua: draws the tables of the report. The attribute data-value of a
-- rounded number is its exact value.
local interval = require "lib.interval"
local markup = require "report.markup"
local text = require "report.text"
local values = require "lib.values"

local E, name = markup.element, markup.name

local M = {}

--- Returns the row of titles. The prefix "n:" marks a column of numbers.
local function head(...)
  local cells = {}
  for i = 1, select("#", ...) do
    local title = select(i, ...)
    local number = title:match("^n:(.*)")
    cells[i] = E("th", { scope = "col", class = number and "n" },
      number or title)
  end
  return E("thead", nil, E("tr", nil, cells))
end

local function cell(value, shown, class)
  return E("td", { class = "n" .. (class and " " .. class or ""),
    ["data-value"] = ("%.15g"):format(value) }, shown)
end

local function words(...) return E("td", nil, ...) end

--- Returns a table, which scrolls within its box on a narrow screen.
local function draw(id, columns, rows)
  if #rows == 0 then return end
  return E("div", { class = "wide" }, E("table", { id = id }, columns,
    E("tbody", nil, rows)))
end

local function section(title, id, ...)
  local some = false
  for i = 1, select("#", ...) do some = some or select(i, ...) ~= nil end
  if not some then return end
  local parts = { E("h2", nil, title) }
  for i = 1, select("#", ...) do
    local part = select(i, ...)
    if part then parts[#parts + 1] = part end
  end
  return E("section", { id = id }, parts)
end

local function sign(failed)
  return E("span", { class = failed and "bad" or "good" },
    failed and "✗" or "✓")
end

--- Returns the thresholds, the crossed ones first.
function M.thresholds(run)
  local rows = {}
  for _, failed in ipairs { true, false } do
    for _, t in ipairs(run.thresholds) do
      if t.failed == failed then
        local note = t.note ~= "" and t.note or t.first_failed and
          "first broken at " .. text.clock(t.first_failed, true) or ""
        rows[#rows + 1] = E("tr", { class = failed and "failed" },
          words(sign(failed)), words(name(t.metric)), words(name(t.condition)),
          t.judged and cell(t.value, text.value(t.value, t.unit)) or
            E("td", { class = "n" }, "-"), words(note))
      end
    end
  end
  return draw("thresholds", head("", "threshold", "condition", "n:value", ""),
    rows)
end

--- Returns the function of the target's first profile that took the most for
-- requests of this endpoint.
local function top_function(run, endpoint)
  local profile = run.profiles and run.profiles.list[1]
  for _, e in ipairs(profile and profile.endpoints or {}) do
    if e.name == endpoint and e.functions[1] and e.total > 0 then
      local f = e.functions[1]
      return E("a", { href = "#profile-" .. profile.kind }, name(f.name), " ",
        text.percent(f.own / e.total))
    end
  end
end

function M.endpoints(run)
  local rows, with_function = {}, false
  for i, e in ipairs(run.endpoints) do
    local f = top_function(run, e.name)
    with_function = with_function or f ~= nil
    rows[i] = E("tr", nil, words(name(e.name)),
      cell(e.count, text.count(e.count)),
      cell(e.count / run.seconds, text.rate(e.count / run.seconds)),
      cell(e.p50, text.time(e.p50)), cell(e.p99, text.time(e.p99)),
      cell(e.max, text.time(e.max)),
      cell(e.failed / e.count, text.percent(e.failed / e.count),
        e.failed > 0 and "bad"), words(f or ""))
  end
  return section("Endpoints", nil, draw("endpoints", head("name", "n:requests",
    "n:rate", "n:p50", "n:p99", "n:max", "n:failed",
    with_function and "server's top function" or ""), rows))
end

function M.checks(run)
  local rows = {}
  for i, c in ipairs(run.checks) do
    local all = c.passed + c.failed
    rows[i] = E("tr", { class = c.failed > 0 and "failed" },
      words(sign(c.failed > 0)), words(name(c.group)), words(name(c.name)),
      cell(c.passed / all, text.percent(c.passed / all)),
      cell(c.passed, text.count(c.passed)),
      cell(c.failed, text.count(c.failed)))
  end
  return section("Checks", nil, draw("checks", head("", "group", "check",
    "n:share", "n:passed", "n:failed"), rows))
end

local TREND = { { "avg", "avg" }, { "min", "min" }, { "med", "med" },
  { "p90", "p(90)" }, { "p95", "p(95)" }, { "p99", "p(99)" },
  { "p999", "p(99.9)" }, { "max", "max" } }

local function trends(run)
  local rows, titles = {}, { "trend", "n:count" }
  for _, t in ipairs(TREND) do titles[#titles + 1] = "n:" .. t[2] end
  for _, m in ipairs(run.metrics) do
    if m.kind == "trend" then
      local cells = { words(name(m.name)), cell(m.count, text.count(m.count)) }
      for _, t in ipairs(TREND) do
        cells[#cells + 1] = cell(m[t[1]], text.value(m[t[1]], m.unit))
      end
      rows[#rows + 1] = E("tr", nil, cells)
    end
  end
  return draw("trends", head(table.unpack(titles)), rows)
end

local function plain(m)
  if m.kind == "rate" then
    return cell(m.value, text.percent(m.value)), words(("%s of %s"):format(
      text.count(m.passes), text.count(m.count)))
  end
  if m.kind == "gauge" then
    return cell(m.value, text.value(m.value, m.unit)),
      words(("%s to %s"):format(text.value(m.least, m.unit),
        text.value(m.greatest, m.unit)))
  end
  local rate = m.unit == "data" and text.bytes(m.rate) .. "/s"
    or text.rate(m.rate)
  return cell(m.value, text.value(m.value, m.unit)), words(rate)
end

local function others(run)
  local rows = {}
  for _, m in ipairs(run.metrics) do
    if m.kind ~= "trend" then
      rows[#rows + 1] = E("tr", nil, words(name(m.name)), words(m.kind),
        plain(m))
    end
  end
  return draw("metrics", head("metric", "kind", "n:value", ""), rows)
end

function M.metrics(run)
  return section("Metrics", nil, trends(run), others(run))
end

local function iterations(n)
  return text.count(n) .. (n == 1 and " iteration" or " iterations")
end

function M.errors(run)
  local rows, statuses = {}, {}
  for i, e in ipairs(run.errors) do
    rows[i] = E("tr", nil, cell(e.code, ("%d"):format(e.code)),
      words(name(e.text)), cell(e.count, text.count(e.count)))
  end
  for i, s in ipairs(run.statuses) do
    statuses[i] = E("tr", nil, cell(s.status, ("%d"):format(s.status)),
      cell(s.count, text.count(s.count)))
  end
  local notes = {}
  if run.script_errors > 0 then
    notes[#notes + 1] = E("p", { class = "bad" },
      ("The script has failed in %s."):format(iterations(run.script_errors)))
  end
  if run.interrupted > 0 then
    notes[#notes + 1] = E("p", nil, ("%s %s interrupted."):format(
      iterations(run.interrupted), run.interrupted == 1 and "was" or "were"))
  end
  return section("Replies and errors", nil,
    draw("statuses", head("n:status", "n:replies"), statuses),
    draw("errors", head("n:code", "error", "n:requests"), rows),
    #notes > 0 and notes or nil)
end

--- Returns a scenario in short: "2,000/s", "0 → 50 in 4 s → 50 in 6 s",
-- "30 iterations".
local function plan(s)
  if s.iterations > 0 then return text.count(s.iterations) .. " iterations" end
  local unit = s.is_open and "/s" or ""
  if #s.stages == 0 then return "" end
  if #s.stages == 1 and s.stages[1].target == s.from then
    return text.count(s.from) .. unit
  end
  local parts = { text.count(s.from) }
  for _, stage in ipairs(s.stages) do
    parts[#parts + 1] = (" → %s in %s"):format(text.count(stage.target),
      text.duration(stage.seconds))
  end
  return table.concat(parts) .. unit
end

function M.scenarios(run)
  local rows = {}
  for i, s in ipairs(run.scenarios) do
    rows[i] = E("tr", nil, words(name(s.name)), words(s.executor),
      cell(s.vus, text.count(s.vus)), words(text.clock(s.start)),
      words(s.iterations > 0 and "at most " or "", text.duration(s.duration)),
      words(plan(s)))
  end
  return section("Scenarios", nil, draw("scenarios", head("scenario",
    "executor", "n:VUs", "start", "duration", "plan"), rows))
end

--- Returns the table of the functions of a profile.
function M.functions(profile)
  local rows = {}
  local index = values.index(profile.profile:header(),
    { sample_index = profile.type })
  local n = interval.samples(profile.profile, index)
  local function share(x) return text.percent_within(x / profile.total, n) end
  for i, f in ipairs(profile.functions) do
    rows[i] = E("tr", nil, cell(f.own / profile.total, share(f.own)),
      cell(f.flat / profile.total, share(f.flat)),
      cell(f.cum / profile.total, share(f.cum)), words(name(f.name)))
  end
  return draw("functions-" .. profile.kind, head("n:own", "n:flat", "n:cum",
    "function"), rows)
end

return M
