-- frame_kind.lua: classifies the frames of a stack: Lua, C that Lua has called,
-- other native code, the kernel, garbage collection, or waiting.
local M = {}

--- The kinds in the order of legends.
M.ORDER = { "lua", "c", "native", "kernel", "gc", "waiting" }

M.TITLES = {
  lua = "Lua", c = "C, called from Lua", native = "native", kernel = "kernel",
  gc = "garbage collection", waiting = "waiting",
}

local BASIC = {}
for name in ("assert collectgarbage dofile error getmetatable ipairs load " ..
  "loadfile next pairs pcall print rawequal rawget rawlen rawset require " ..
  "select setmetatable tonumber tostring type warn xpcall"):gmatch "%a+" do
  BASIC[name] = true
end

--- Returns the kind of a frame by the first rule that applies. Returns "native
-- or c" if the kind depends on the calling frame: `M.below` decides then.
---@param name string  of the function
---@param file string  of the function, or ""
---@param mapping string  the file that is mapped at its address, or ""
---@return string
function M.of(name, file, mapping)
  if name:find("^luaC_") or name:find("^runtime%.gc") then return "gc" end
  if mapping:find("^%[kernel") then return "kernel" end
  if name:find("^%(waiting") then return "waiting" end
  if file:find("%.lua$") then return "lua" end
  if name:find("^[%w_]+[.:][%w_]+$") or BASIC[name] then
    return "native or c"
  end
  return "native"
end

--- Returns the kind of a frame that a frame of the kind `caller` calls.
---@param kind string  the result of `M.of`
---@param caller string?
---@return string
function M.below(kind, caller)
  if kind ~= "native or c" then return kind end
  return (caller == "lua" or caller == "c") and "c" or "native"
end

return M
