---@meta http
-- http.lua: what editors need to know of `require "http"`, in load scripts and
-- in handlers. Nothing loads this file.

---@class http
local http = {}

---@class http.Params
---@field headers? table<string, string|number>
---@field timeout? string|number "10s", "500ms", or milliseconds; 60 s
---@field tags? table<string, string>
---@field cookies? table<string, string|number|http.GivenCookie> for this request alone
---@field jar? http.Jar in place of the virtual user's
---@field auth? "basic"|"digest" with the URL's user and password; basic
---@field responseCallback? http.Statuses|false which replies fail; false: none
---@field responseType? "text"|"binary"|"none" none: the body is not kept
---@field redirects? integer how many to follow; the option maxRedirects, 10

---@class http.Statuses what http.expectedStatuses returns

---@class http.GivenCookie
---@field value string
---@field replace? boolean in place of the jar's of that name

---@class http.Cookie that a reply sets
---@field name string
---@field value string
---@field domain string
---@field path string
---@field expires integer milliseconds since 1970; 0: none was given
---@field max_age integer seconds; 0: none was given
---@field secure boolean
---@field http_only boolean

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
---@field cookies table<string, http.Cookie[]> that it sets
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

---@class http.Preparation: http.Params
---@field url string
---@field method? string in capitals; GET
---@field body? string

---@class http.Prepared
local Prepared = {}

---The same as http.send.
---@return http.Response
function Prepared:send() end

---A request whose bytes are built once. It may be made while the script is
---loaded, and be shared by virtual users.
---@param preparation http.Preparation
---@return http.Prepared
function http.prepare(preparation) end

---@param prepared http.Prepared
---@return http.Response
function http.send(prepared) end

---@class http.BatchRequest or { method, url, body, params }
---@field url string
---@field method? string in capitals; GET
---@field body? string
---@field params? http.Params

---All at once: 20 at most, 6 to a host (the options batch and batchPerHost). The
---responses have the keys of the requests.
---@generic K
---@param requests table<K, string|any[]|http.BatchRequest|http.Prepared>
---@return table<K, http.Response>
function http.batch(requests) end

---For responseCallback: 200, or { min = 200, max = 299 }, and so on.
---@param ... integer|{min: integer, max: integer}
---@return http.Statuses
function http.expectedStatuses(...) end

---Which replies fail, of the virtual user's requests that do not say; 200 to 399
---do not. Not in handlers.
---@param statuses? http.Statuses nil: none fails
function http.setResponseCallback(statuses) end

---The virtual user's jar, which each iteration empties unless the option
---noCookiesReset is set. Not in handlers.
---@return http.Jar
function http.cookieJar() end

---A new one, for params.jar.
---@return http.Jar
function http.CookieJar() end

---@class http.Jar
local Jar = {}

---What would be sent there: values by name.
---@param url string
---@return table<string, string[]>
function Jar:cookiesForURL(url) end

---@class http.JarOptions
---@field path? string
---@field domain? string
---@field expires? string a date as in HTTP
---@field max_age? integer seconds
---@field secure? boolean
---@field http_only? boolean

---As if a server there had set it.
---@param url string
---@param name string
---@param value string
---@param options? http.JarOptions
---@return true
function Jar:set(url, name, value, options) end

---Drop all that would be sent there.
---@param url string
function Jar:clear(url) end

---Drop those of this name that would be sent there.
---@param url string
---@param name string
function Jar:delete(url, name) end

return http
