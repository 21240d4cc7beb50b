/* pattern.h -- a route's pattern, as in Go's ServeMux: "[METHOD ]/PATH".
 *
 *   /users/{id}     {id} is one segment, not empty
 *   /files/{rest...}  all that follows, slashes included, perhaps nothing
 *   /images/        the same without a name
 *   /images/{$}     that very path, with its slash, and nothing below it
 *
 * GET serves HEAD too; no method serves all.
 */
#ifndef HANDLER_PATTERN_H
#define HANDLER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define PATTERN_MAX_SEGMENTS 32

enum segment_kind { SEGMENT_LITERAL, SEGMENT_WILD, SEGMENT_REST };

struct segment {
    enum segment_kind kind;
    const char *text; /* within the pattern: the literal, or the name */
    size_t len;       /* 0: the literal of {$}, a rest without a name */
};

struct pattern {
    char *text;         /* as it was given */
    const char *path;   /* its path, within text */
    const char *method; /* within text, not terminated */
    size_t method_len;  /* 0: any */
    struct segment segments[PATTERN_MAX_SEGMENTS];
    int n_segments;
};

/* False and err, which says what is wrong with it; nothing to free then. */
bool pattern_parse(struct pattern *pattern, const char *text, struct err *err);
void pattern_fini(struct pattern *pattern);

/* Would a request exist that both serve, with neither the more specific one?
 * Then err says so. */
bool pattern_conflicts(const struct pattern *a, const struct pattern *b,
                       struct err *err);

#endif
