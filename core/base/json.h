/* json.h -- writes JSON's scalars. What is written is always valid JSON:
 * bytes that are not UTF-8 become U+FFFD, as in Go.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* `s` in double quotes, escaped. */
void json_put_string(struct buf *out, const char *s, size_t len);

void json_put_integer(struct buf *out, int64_t value);

/* The shortest text that reads back as the same double, always with a point
 * or an exponent, so that it reads back as a float too. False, and nothing
 * written, for NaN and infinities, which JSON does not have. */
bool json_put_number(struct buf *out, double value);

#endif
