-- profiles.lua: draws the profiles of the target: functions and flame graph of
-- each, or the reason why a profile is missing.
local flame = require "report.flame"
local markup = require "report.markup"
local tables = require "report.tables"
local text = require "report.text"

local E, name = markup.element, markup.name

local M = {}

local function draw_profile(p, window)
  local title = E("h3", nil, p.kind)
  if p.error then
    return E("div", { id = "profile-" .. p.kind }, title,
      E("p", { class = "bad" }, "No profile: ", name(p.error)))
  end
  local when = p.is_snapshot
    and (" at %s"):format(text.clock(window.begin, true))
    or p.is_in_use and (" in use at %s"):format(
      text.clock(window.begin + window.seconds, true))
    or (" in %s from %s on"):format(text.duration(window.seconds),
      text.clock(window.begin, true))
  local picture = flame.draw(p.profile, p.type, p.unit, p.file)
  return E("div", { class = "profile", id = "profile-" .. p.kind }, title,
    E("p", nil, text.profile_value(p.total, p.unit), when,
      p.file and { ", saved as ", E("code", nil, name(p.file)) } or {}),
    picture and { picture, tables.functions(p) or {} } or
      E("p", { class = "muted" }, "It has no samples."))
end

--- Returns the section, or nil if the run had no profiles.
function M.draw(run)
  local profiles = run.profiles
  if not profiles or #profiles.list == 0 then return end
  local parts = {}
  for i, p in ipairs(profiles.list) do
    parts[i] = draw_profile(p, profiles.window or { begin = 0, seconds = 0 })
  end
  return E("section", { id = "profiles" },
    E("h2", nil, "Profiles of the target"), parts)
end

return M
