/* selector.h -- selects samples of a metric by tags, in k6's syntax:
 * `http_req_duration{name:data,status:200}`.
 *
 * A sample must have all tags with these values. Blanks round a tag and quotes
 * round its key or value are ignored. A value may contain colons
 * (`group:::login`), but no comma.
 *
 * Path: thresholds_read.c -> [selector] -> metrics.c
 */
#ifndef MEASURE_SELECTOR_H
#define MEASURE_SELECTOR_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "measure/tags.h"

#define SELECTOR_TEXT_MAX 511
#define SELECTOR_TAGS_MAX 16
#define SELECTOR_GRAMMAR "metric or metric{tag:value,tag:value}"

struct selector {
    char text[SELECTOR_TEXT_MAX + 1];   /* as given */
    char metric[SELECTOR_TEXT_MAX + 1]; /* the part before the braces */
    struct selector_tag {
        enum tag_id id;
        const char *key, *value; /* in `bytes` */
        size_t n_value;
    } tags[SELECTOR_TAGS_MAX];
    unsigned n_tags; /* 0 selects all samples */
    char bytes[SELECTOR_TEXT_MAX + 1];
};

/* Parses a selector, which must not be copied or moved afterwards. Returns
 * false and sets err, which quotes the text and gives the valid form, if it is
 * invalid. */
bool selector_parse(struct selector *selector, const char *text,
                    struct err *err);

/* Returns the value that the tag `key` must have, NULL if any value will do. */
const char *selector_get(const struct selector *selector, const char *key);

/* Returns the text between the braces without blanks at its ends, "" if there
 * is none. */
struct tag_value selector_inside(const struct selector *selector);

/* Returns true if a sample with these tags is selected. Ignores the metric. */
bool selector_matches(const struct selector *selector, const struct tags *tags,
                      struct buf *scratch);

#endif
