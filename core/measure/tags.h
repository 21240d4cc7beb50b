/* tags.h -- where the tags of a sample come from.
 *
 * Most samples are never asked for their tags, so a sample carries none: it
 * has a `struct tags`, pointers to what knows them (the scenario, the group,
 * the transfer). Nothing is copied, interned or allocated until a sub-metric
 * or an output asks, by key.
 *
 * Keys and values are k6's. A tag of a script's own is overridden by the
 * system's of that key, but for name, group and scenario, as in k6; and like
 * there, url has the value of name where a script gives one.
 *
 * Path: vu.c -> [tags] -> selector.c, output_*.c
 */
#ifndef MEASURE_TAGS_H
#define MEASURE_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct checks;
struct transfer;

/* What is absent is NULL or 0. The lists of tags are of script/tag_table.h;
 * an earlier one wins over a later one. */
struct tags {
    const struct buf *own;           /* of this sample */
    const struct transfer *transfer; /* its request, with tags of its own */
    const struct buf *common;        /* of the scenario and the run */
    const char *scenario;
    const struct checks *checks;
    uint32_t group; /* in checks */
    const char *check;
};

/* The system's keys, sorted by name. */
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

/* The id of a key. */
enum tag_id tag_find(const char *key);

/* Not NUL-terminated, and good as long as the sample and until `scratch` is
 * used again. */
struct tag_value {
    const char *at; /* NULL: there is no such tag */
    size_t n;
};

/* The value of one tag. `key` is needed for TAG_CUSTOM only. `scratch` is for
 * values that have to be written. `tags` may be NULL. */
struct tag_value tags_get(const struct tags *tags, enum tag_id id,
                          const char *key, struct buf *scratch);

/* Call f for each tag, each key once: the system's by name, then others. */
typedef void (*tags_fn)(void *ctx, const char *key, struct tag_value value);
void tags_each(const struct tags *tags, struct buf *scratch, tags_fn f,
               void *ctx);

#endif
