-- html.lua: writes the report of a load test as one HTML file, without a
-- script: verdict, thresholds, charts, tables, flame graphs.
--
-- The module is a function (run, out, hash). `run` is the table that
-- core/report makes. `out` takes the bytes. hash(text) returns the SHA-256 of a
-- text in base64, for the content security policy of the page. Equal runs give
-- equal bytes.
local charts = require "report.charts"
local markup = require "report.markup"
local profiles = require "report.profiles"
local css = require "report.style"
local tables = require "report.tables"
local text = require "report.text"

local E, name = markup.element, markup.name

local function count_failed(run)
  local n = 0
  for _, t in ipairs(run.thresholds) do n = n + (t.failed and 1 or 0) end
  return n
end

local function verdict(run)
  local n, failed = #run.thresholds, count_failed(run)
  if failed > 0 then
    return "bad", ("✗ FAILED %d of %d thresholds"):format(failed, n)
  end
  if run.ended then return "warn", "■ ENDED " .. run.ended end
  if n > 0 then
    return "good", ("✓ PASSED %d threshold%s"):format(n, n > 1 and "s" or "")
  end
  return "plain", "■ DONE, no thresholds"
end

local BUSY_MAX, LAG_MAX_MS = 0.85, 1 -- the limits of the live view

--- Returns a text that says why the generator itself limited the run, or nil.
local function limited(generator)
  local reasons = {}
  if generator.busy > BUSY_MAX then
    reasons[1] = ("a loop of it was busy for %s of the time"):format(
      text.percent(generator.busy))
  end
  if (generator.lag_p99 or 0) > LAG_MAX_MS then
    reasons[#reasons + 1] = ("1 %% of the iterations began %s late or more")
      :format(text.time(generator.lag_p99))
  end
  return #reasons > 0 and table.concat(reasons, ", ") or nil
end

--- Returns the name of the script without its folder, or the URL.
local function title(run)
  return run.title:find("://") and run.title or run.title:match("[^/]*$")
end

local function draw_header(run)
  local class, words = verdict(run)
  local requests, why = run.requests, limited(run.generator)
  return E("header", nil,
    E("h1", { class = class }, E("strong", nil, words), " · ",
      name(title(run)), " · ", text.duration(run.seconds), " · ",
      E("span", { id = "requests",
        ["data-value"] = ("%.15g"):format(requests.count) },
        text.count(requests.count), requests.count == 1 and " request" or
          " requests"), " · ",
      E("span", { id = "rate",
        ["data-value"] = ("%.15g"):format(requests.rate) },
        text.rate(requests.rate)), requests.failed > 0 and
        E("span", { class = "bad" }, " · ", text.count(requests.failed),
          " failed") or {}),
    E("p", { class = "muted" },
      run.target and { name(run.target), " · " } or {},
      os.date("!%Y-%m-%d %H:%M:%S UTC", math.floor(run.started)),
      " · perilune ", run.version),
    why and E("p", { class = "bad" }, "Results are limited by the generator: ",
      why, ".") or {},
    run.ended and class ~= "warn" and E("p", { class = "bad" }, "Ended ",
      run.ended, ".") or {})
end

return function(run, out, hash)
  local head = E("head", nil,
    E("meta", { charset = "utf-8" }),
    E("meta", { ["http-equiv"] = "Content-Security-Policy",
      content = ("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
        .. "form-action 'none'"):format(hash(css)) }),
    E("meta", { name = "viewport",
      content = "width=device-width, initial-scale=1" }),
    E("meta", { name = "color-scheme", content = "light dark" }),
    E("title", nil, select(2, verdict(run)), " · ", title(run)),
    markup.style(css))
  local body = E("body", nil, draw_header(run), tables.thresholds(run) or {},
    charts.draw(run), tables.endpoints(run) or {}, tables.checks(run) or {},
    profiles.draw(run) or {}, tables.metrics(run) or {},
    tables.errors(run) or {}, tables.scenarios(run) or {})
  out:write("<!DOCTYPE html>\n")
  markup.write(out, E("html", { lang = "en" }, head, "\n", body))
  out:write("\n")
end
