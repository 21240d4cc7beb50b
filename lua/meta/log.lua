---@meta log
--- Each function writes one line to the log, on stderr:
---   log.info("cache_miss", { key = "a b" })
---   time=... level=info event=cache_miss key="a b"
local log = {}

---@param event string one word
---@param fields? table<string, any>
function log.debug(event, fields) end

---@param event string one word
---@param fields? table<string, any>
function log.info(event, fields) end

---@param event string one word
---@param fields? table<string, any>
function log.warn(event, fields) end

---@param event string one word
---@param fields? table<string, any>
function log.error(event, fields) end

return log
