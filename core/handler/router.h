/* router.h -- finds the route of a request: a tree of path segments for each
 * method, the most specific pattern first. Patterns of which neither would be
 * the more specific one are refused when they are added, so that the order of
 * adding never matters.
 *
 * Built once, then only read.
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
    /* What its wildcards matched, in their order: parts of the path that was
     * looked up, still percent-encoded. */
    struct {
        const char *start;
        size_t len;
    } values[PATTERN_MAX_SEGMENTS];
    int n_values;
};

/* NULL when out of memory. */
struct router *router_new(void);
void router_free(struct router *router);

/* False and err when the pattern is malformed or conflicts. */
bool router_add(struct router *router, const char *pattern, uint32_t route,
                struct err *err);

/* The route of a percent-encoded path without query. HEAD falls back to
 * GET. */
bool router_find(const struct router *router, const char *method,
                 const char *path, struct router_match *match);

/* The methods that `path` has routes for, as in an Allow header, appended to
 * `out`. False when there are none. */
bool router_allow(const struct router *router, const char *path,
                  struct buf *out);

#endif
