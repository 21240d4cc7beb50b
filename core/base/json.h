/* json.h -- writes the strings and numbers of JSON.
 *
 * The text is always valid JSON: bytes that are not UTF-8 become U+FFFD, as in
 * Go. The common cases are fast, because every sample of a load test's JSON
 * output passes through these functions: strings are checked 8 bytes at a time,
 * and short decimals do not go through printf.
 *
 * Path: json_writer.c, log.c, modules/json_encode.c -> [json] -> buf.c
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Appends `s` in double quotes, with the escapes of JSON. */
void json_put_string(struct buf *out, const char *s, size_t len);

/* Appends a decimal number. */
void json_put_integer(struct buf *out, int64_t value);

/* Appends the shortest text that reads back as the same double. The text always
 * has a point or an exponent, so that Lua reads it back as a float. Returns
 * false and appends nothing for NaN and infinities, which JSON cannot
 * express. */
bool json_put_number(struct buf *out, double value);

#endif
