---@meta
--- What the server gives to handlers and scripts, for editors that read LuaCATS
--- annotations (lua-language-server). Never loaded.

---@class Request
---@field method string
---@field path string decoded, without the query
---@field params table<string, string> what the pattern's wildcards matched
---@field query table<string, string> of a name given twice, the first value
---@field query_all table<string, string[]> all values of each name, in order
---@field headers table<string, string> names in any case
---@field id string its X-Request-Id, or one that was made for it
---@field body string "" without one, 8 MiB at most
local Request = {}

--- The body, decoded. Malformed JSON raises what the server answers with 400.
---@return any
function Request:json() end

--- A body that `f` writes while it is sent. `write` takes strings and numbers,
--- and waits while the client is slower. An error closes the connection.
---@param f fun(write: fun(...: string|number))
---@return Body
function Request:stream(f) end

--- What req:stream returns, for a handler to return.
---@class Body

--- What an error may be that is an answer: raise it by `error(...)`.
---@class HttpError
---@field status integer 400 to 599
---@field message? string|number the body

---@alias Header string|integer|(string|integer)[]
---@alias Handler fun(req: Request): any, any, table<string, Header>?

