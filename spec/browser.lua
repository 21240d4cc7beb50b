-- browser.lua: a headless Chromium for specs: Debian's, driven by playwright-core
-- of npm, which is installed into a cache outside the tree, once, where npm and
-- its registry are there.
local support = require "support"

local M = {}

local VERSION = "1.65.1"
local CACHE = (os.getenv("XDG_CACHE_HOME") or os.getenv("HOME") .. "/.cache")
  .. "/perilune/playwright-core-" .. VERSION

local function have(program)
  return support.run("command -v " .. program .. " >/dev/null") == 0
end

--- Can pages be opened? False, and why not.
function M.find()
  if not have "chromium" then return false, "chromium is not installed" end
  if not have "node" then return false, "there is no node to drive chromium" end
  if support.exists(CACHE .. "/node_modules/playwright-core/package.json") then
    return true
  end
  if not have "npm" then return false, "there is no npm to install playwright" end
  local code, _, errors = support.run(("mkdir -p %s && cd %s && " ..
    "timeout 60 npm install --no-audit --no-fund --silent --prefix . " ..
    "playwright-core@%s >&2"):format(support.quote(CACHE), support.quote(CACHE),
    VERSION))
  if code ~= 0 then
    return false, "npm does not install playwright-core: " .. errors
  end
  return true
end

--- Run a script of spec/browser/ in node with these words: what it prints.
-- Errors end the test.
function M.run(script, ...)
  local words = {}
  for i, word in ipairs { ... } do words[i] = support.quote(word) end
  local code, out, err = support.run(("NODE_PATH=%s timeout 120 node %s %s")
    :format(support.quote(CACHE .. "/node_modules"),
      support.quote(support.source .. "/spec/browser/" .. script),
      table.concat(words, " ")))
  assert(code == 0, script .. ": " .. err .. out)
  return out
end

return M
