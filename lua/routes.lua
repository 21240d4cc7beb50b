--- The routes of the server: patterns as in Go's ServeMux, and their handlers.
---
---   "GET /users/{id}"       matches one segment, req.params.id
---   "GET /files/{path...}"  matches the rest of the path, req.params.path
---   "/health"               matches any method
---
--- A handler is `function(req) return body | status, body [, headers] end`: a
--- table is sent as JSON, a string as text, a number alone is a status.
return {
  ["GET /data"] = require "data",
}
