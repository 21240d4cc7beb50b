/* router.h -- finds the route of a request.
 *
 * Each method has a tree of path segments. At each node the search tries the
 * literal first, then the wildcard, then the rest, so the most specific pattern
 * wins. Conflicting patterns (pattern.h) are refused when they are added, so
 * the order of adding does not matter.
 *
 *     GET  -- "users" -- {id} -- end of "GET /users/{id}"
 *          '- "files" -- rest of "GET /files/{path...}"
 *     POST -- "users" -- end of "POST /users"
 *
 * A router is built by one thread and then only read. [any thread]
 *
 * Path: routes.c, app.c -> [router] -> pattern.c
 */
#ifndef HANDLER_ROUTER_H
#define HANDLER_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "handler/pattern.h"

struct router;

struct router_match {
    uint32_t route; /* as given to router_add */
    const struct pattern *pattern;
    /* The parts of the path that the wildcards matched, in the pattern's order
     * and percent-encoded. They point into the path that was looked up. */
    struct {
        const char *start;
        size_t len;
    } values[PATTERN_MAX_SEGMENTS];
    int n_values;
};

/* Makes an empty router. Returns NULL if out of memory. */
struct router *router_new(void);
void router_free(struct router *router);

/* Adds a pattern, whose requests get the number `route`. Returns false and sets
 * err if the pattern is malformed or conflicts with another one. */
bool router_add(struct router *router, const char *pattern, uint32_t route,
                struct err *err);

/* Finds the route of a percent-encoded path without a query. HEAD falls back to
 * GET. Returns false if no pattern serves the request. */
bool router_find(const struct router *router, const char *method,
                 const char *path, struct router_match *match);

/* Appends the methods that serve `path` to `out`, as an Allow header lists
 * them. Returns false if there are none. */
bool router_allow(const struct router *router, const char *path,
                  struct buf *out);

#endif
