---@meta http
-- http.lua: describes `require "http"`, in load scripts and in handlers, for
-- editors. No program loads this file.

---@class http
local http = {}

---@class http.Params
---@field headers? table<string, string|number>
---@field timeout? string|number "10s", "500ms", or milliseconds; 60 s by default
---@field tags? table<string, string>
---@field cookies? table<string, string|number|http.GivenCookie> for this request alone
---@field jar? http.Jar in place of the jar of the virtual user
---@field auth? "basic"|"digest" how the user and password of the URL are sent; basic by default
---@field responseCallback? http.Statuses|false replies with other statuses fail; false: none fails
---@field responseType? "text"|"binary"|"none" "none" drops the body
---@field redirects? integer how many redirects to follow; the option maxRedirects or 10 by default

---@class http.Statuses the result of http.expectedStatuses

---@class http.GivenCookie
---@field value string
---@field replace? boolean true: replaces the cookie of this name from the jar

---@class http.Cookie a cookie that a reply sets
---@field name string
---@field value string
---@field domain string
---@field path string
---@field expires integer milliseconds since 1970; 0 if the reply does not say
---@field max_age integer seconds; 0 if the reply does not say
---@field secure boolean
---@field http_only boolean

---@class http.Timings in milliseconds
---@field blocked number before a connection was available
---@field connecting number
---@field tls_handshaking number
---@field sending number
---@field waiting number from the sent request to the first byte of the reply
---@field receiving number
---@field duration number sending + waiting + receiving

---@class http.Response
---@field url string the URL that replied, after redirects
---@field status integer 0 if there was no reply
---@field headers table<string, string> names are found in any case
---@field body string
---@field cookies table<string, http.Cookie[]> the cookies that the reply sets
---@field timings http.Timings
---@field error string "" if the request did not fail
---@field error_code integer as in k6; 0 if the request did not fail
local Response = {}

---Returns the decoded body. Raises if the body is not JSON.
---@return any
function Response:json() end

---Sends a GET request and waits for the reply.
---@param url string
---@param params? http.Params
---@return http.Response
function http.get(url, params) end

---Sends a HEAD request and waits for the reply.
---@param url string
---@param params? http.Params
---@return http.Response
function http.head(url, params) end

---Sends a POST request and waits for the reply.
---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.post(url, body, params) end

---Sends a PUT request and waits for the reply.
---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.put(url, body, params) end

---Sends a PATCH request and waits for the reply.
---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.patch(url, body, params) end

---Sends a DELETE request and waits for the reply.
---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.del(url, body, params) end

---Sends an OPTIONS request and waits for the reply.
---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.options(url, body, params) end

---Sends a request and waits for the reply.
---@param method string in capitals
---@param url string
---@param body? string
---@param params? http.Params
---@return http.Response
function http.request(method, url, body, params) end

---@class http.Preparation: http.Params
---@field url string
---@field method? string in capitals; GET by default
---@field body? string

---@class http.Prepared
local Prepared = {}

---Does the same as http.send.
---@return http.Response
function Prepared:send() end

---Returns a request whose bytes are built once. A script may prepare it while
---it is loaded, and virtual users may share it.
---@param preparation http.Preparation
---@return http.Prepared
function http.prepare(preparation) end

---Sends a prepared request.
---@param prepared http.Prepared
---@return http.Response
function http.send(prepared) end

---@class http.BatchRequest the list { method, url, body, params } means the same
---@field url string
---@field method? string in capitals; GET by default
---@field body? string
---@field params? http.Params

---Sends several requests at the same time: at most 20, and 6 to one host (the
---options batch and batchPerHost). Returns each response under the key of its
---request.
---@generic K
---@param requests table<K, string|any[]|http.BatchRequest|http.Prepared>
---@return table<K, http.Response>
function http.batch(requests) end

---Returns a set of statuses for responseCallback. Each argument is a status
---such as 200 or a range such as { min = 200, max = 299 }.
---@param ... integer|{min: integer, max: integer}
---@return http.Statuses
function http.expectedStatuses(...) end

---Sets which replies fail, for the requests of the virtual user that have no
---responseCallback. At first all statuses but 200 to 399 fail. Raises in
---handlers.
---@param statuses? http.Statuses replies with other statuses fail; nil: none fails
function http.setResponseCallback(statuses) end

---Returns the jar of the virtual user. Each iteration empties the jar unless
---the option noCookiesReset is set. Raises in handlers.
---@return http.Jar
function http.cookieJar() end

---Returns a new jar, for params.jar.
---@return http.Jar
function http.CookieJar() end

---@class http.Jar
local Jar = {}

---Returns the cookies that a request to this URL would send: values by name.
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

---Sets a cookie as a reply from this URL would.
---@param url string
---@param name string
---@param value string
---@param options? http.JarOptions
---@return true
function Jar:set(url, name, value, options) end

---Removes all cookies that a request to this URL would send.
---@param url string
function Jar:clear(url) end

---Removes the cookies of this name that a request to this URL would send.
---@param url string
---@param name string
function Jar:delete(url, name) end

return http
