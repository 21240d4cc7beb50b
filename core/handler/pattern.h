/* pattern.h -- a route's pattern, as in Go's ServeMux: "[METHOD ]/PATH".
 *
 *   /users/{id}       {id} is one segment, not empty
 *   /files/{rest...}  {rest...} is all that follows, also slashes or nothing
 *   /images/          the same without a name
 *   /images/{$}       the path /images/ alone, and nothing below it
 *
 * GET serves HEAD too. A pattern without a method serves all methods. Two
 * patterns conflict if a request exists that both serve and neither pattern is
 * more specific. Nothing here keeps state. [any thread]
 *
 * Path: router.c -> [pattern]
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
    size_t len;       /* 0: the literal of {$}, or a rest without a name */
};

struct pattern {
    char *text;         /* as it was given */
    const char *path;   /* within text */
    const char *method; /* within text, not terminated */
    size_t method_len;  /* 0: any method */
    struct segment segments[PATTERN_MAX_SEGMENTS];
    int n_segments;
};

/* Parses a pattern. Returns false and sets err, which names the pattern and the
 * fault, if it is malformed; then there is nothing to free. */
bool pattern_parse(struct pattern *pattern, const char *text, struct err *err);
void pattern_fini(struct pattern *pattern);

/* Returns true and sets err if the patterns conflict. */
bool pattern_conflicts(const struct pattern *a, const struct pattern *b,
                       struct err *err);

#endif
