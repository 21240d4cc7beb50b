-- reloads.lua: a file that is edited and loaded again. Where the first function was,
-- another one stands then.
local case = require "case"

local path = os.getenv "FOLDER" .. "/reloaded.lua"

local function load_text(text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  return dofile(path)
end

local old = load_text [[
local spin = require("case").spin
local function hot() spin(24000) end
local function warm() spin(12000) end
return { hot = function() hot() end, warm = function() warm() end }
]]
case.part("reloaded.hot", old.hot)
case.part("reloaded.warm", old.warm)
case.run_parts(0.5)

local new = load_text [[
local spin = require("case").spin
local function innocent() spin(6000) end
-- one more line
local function cold() spin(12000) end
return { innocent = function() innocent() end, cold = function() cold() end }
]]
case.part("reloaded.innocent", new.innocent)
case.part("reloaded.cold", new.cold)
case.part("reloaded.warm", old.warm) -- which still runs
case.run()
