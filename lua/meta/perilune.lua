---@meta
--- The objects that the server passes to handlers, for editors that read
--- LuaCATS annotations (lua-language-server). No program loads this file.

---@class Request
---@field method string
---@field path string decoded, without the query
---@field params table<string, string> the parts of the path that the wildcards of the pattern matched
---@field query table<string, string> the first value of each name
---@field query_all table<string, string[]> all values of each name, in order
---@field headers table<string, string> names are found in any case
---@field id string the X-Request-Id of the request, or one that the server made
---@field body string "" if there is none; at most 8 MiB
local Request = {}

--- Returns the decoded body. If the body is not JSON, raises an error that the
--- server answers with 400.
---@return any
function Request:json() end

--- Returns a body that `f` writes while it is sent. `write` takes strings and
--- numbers and waits while the client is slower. An error in `f` closes the
--- connection.
---@param f fun(write: fun(...: string|number))
---@return Body
function Request:stream(f) end

--- The result of req:stream. A handler returns it as the body.
---@class Body

--- An error that is an answer: a handler raises it with `error(...)`.
---@class HttpError
---@field status integer 400 to 599
---@field message? string|number the body

---@alias Header string|integer|(string|integer)[]
---@alias Handler fun(req: Request): any, any, table<string, Header>?

