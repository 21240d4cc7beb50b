--- What the server answers: patterns, as in Go's ServeMux, and handlers.
---
---   "GET /users/{id}"       one segment, in req.params.id
---   "GET /files/{path...}"  all that follows, in req.params.path
---   "/health"               any method
---
--- A handler is `function(req) return body | status, body [, headers] end`: a
--- table is sent as JSON, a string as text, a number alone is a status.
return {
  ["GET /data"] = require "data",
}
