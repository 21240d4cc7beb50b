/* selector.h -- which samples of a metric are meant: k6's
 * `http_req_duration{name:data,status:200}`.
 *
 * All tags must be there and have their values. Blanks round a tag and quotes
 * round its key or value are not part of them; a value may have colons
 * (`group:::login`), but no comma.
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
    char text[SELECTOR_TEXT_MAX + 1];   /* as it was given */
    char metric[SELECTOR_TEXT_MAX + 1]; /* the part before the braces */
    struct selector_tag {
        enum tag_id id;
        const char *key, *value; /* in `bytes` */
        size_t n_value;
    } tags[SELECTOR_TAGS_MAX];
    unsigned n_tags; /* 0: all samples */
    char bytes[SELECTOR_TEXT_MAX + 1];
};

/* Not to be copied or moved then. False and err: it does not parse; err quotes
 * the text and says what would. */
bool selector_parse(struct selector *selector, const char *text,
                    struct err *err);

/* The value that a tag must have; NULL: any. */
const char *selector_get(const struct selector *selector, const char *key);

/* What is between the braces, without blanks at its ends; "" for none. */
struct tag_value selector_inside(const struct selector *selector);

/* Has a sample with these tags been selected? The metric is not looked at. */
bool selector_matches(const struct selector *selector, const struct tags *tags,
                      struct buf *scratch);

#endif
