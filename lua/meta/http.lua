---@meta http
-- http.lua: what editors need to know of `require "http"`, in load scripts and
-- in handlers. Nothing loads this file.

---@class http
local http = {}

---@class http.Params
---@field headers? table<string, string|number>
---@field timeout? string|number "10s", "500ms", or milliseconds; 60 s
---@field tags? table<string, string>
---@field redirects? integer how many to follow; the option maxRedirects, 10

---@class http.Timings in milliseconds
---@field blocked number until there was a connection
---@field connecting number
---@field tls_handshaking number
---@field sending number
---@field waiting number until the first byte of the reply
---@field receiving number
---@field duration number sending + waiting + receiving

---@class http.Response
---@field url string where it came from, after redirects
---@field status integer 0 when there was no reply
---@field headers table<string, string> whatever the case of the name asked for
---@field body string
---@field timings http.Timings
---@field error string "" when there was none
---@field error_code integer k6's; 0 when there was none
local Response = {}

---The body, decoded; an error when it is not JSON.
---@return any
function Response:json() end

---@param url string
---@param params? http.Params
---@return http.Response
function http.get(url, params) end

---@param url string
---@param params? http.Params
---@return http.Response
function http.head(url, params) end

---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.post(url, body, params) end

---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.put(url, body, params) end

---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.patch(url, body, params) end

---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.del(url, body, params) end

---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.options(url, body, params) end

---@param method string in capitals
---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.request(method, url, body, params) end

return http
