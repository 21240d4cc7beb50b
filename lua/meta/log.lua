---@meta log
--- One line each into the server's log, on stderr:
---   log.info("cache_miss", { key = "a b" })
---   time=... level=info event=cache_miss key="a b"
---@alias LogFunction fun(event: string, fields?: table<string, any>)
return {
  debug = nil, ---@type LogFunction
  info = nil, ---@type LogFunction
  warn = nil, ---@type LogFunction
  error = nil, ---@type LogFunction
}
