/* tags.h -- finds the tags of a sample.
 *
 * The tags of most samples are never read. So a sample does not carry tags but
 * a `struct tags`: pointers to the scenario, the group and the transfer, which
 * know them. Nothing is copied or allocated until a sub-metric or an output
 * asks for a key.
 *
 * Keys and values are k6's. A system tag overrides a tag of the script with the
 * same key, except name, group and scenario. If the script sets name, url has
 * the same value. Both are k6's rules.
 *
 * Path: load/vu.c -> [tags] -> selector.c, report/output_json.c
 */
#ifndef MEASURE_TAGS_H
#define MEASURE_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct checks;
struct transfer;

/* A missing part is NULL or 0. `own`, the transfer's tags and `common` are
 * lists of script/tag_table.h; an earlier list overrides a later one. */
struct tags {
    const struct buf *own;           /* tags of this sample */
    const struct transfer *transfer; /* the request, with its tags */
    const struct buf *common;        /* tags of the scenario and the run */
    const char *scenario;
    const struct checks *checks;
    uint32_t group; /* in checks */
    const char *check;
};

/* The keys of the system tags, sorted by name. */
enum tag_id {
    TAG_CHECK,
    TAG_ERROR,
    TAG_ERROR_CODE,
    TAG_EXPECTED_RESPONSE,
    TAG_GROUP,
    TAG_METHOD,
    TAG_NAME,
    TAG_PROTO,
    TAG_SCENARIO,
    TAG_STATUS,
    TAG_URL,
    TAG_N_SYSTEM,
    TAG_CUSTOM = TAG_N_SYSTEM, /* any other key */
};

extern const char *const tag_names[TAG_N_SYSTEM];

/* Returns the id of a key. */
enum tag_id tag_find(const char *key);

/* Not NUL-terminated. Valid as long as the sample, and until `scratch` is used
 * again. */
struct tag_value {
    const char *at; /* NULL if there is no such tag */
    size_t n;
};

/* Returns the value of one tag. `key` is used for TAG_CUSTOM only. `scratch`
 * holds a value that must be written. `tags` may be NULL. */
struct tag_value tags_get(const struct tags *tags, enum tag_id id,
                          const char *key, struct buf *scratch);

/* Calls `f` once for each key: system tags by name first, then the others. */
typedef void (*tags_fn)(void *ctx, const char *key, struct tag_value value);
void tags_each(const struct tags *tags, struct buf *scratch, tags_fn f,
               void *ctx);

#endif
