/* percent.h -- encodes and decodes the %XX of URLs, queries and the header
 * `baggage`.
 */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include <stddef.h>

#include "base/buf.h"

/* Returns the value of a hexadecimal digit, or -1 if `c` is not a hexadecimal
 * digit. */
int hex_digit(char c);

/* Decodes `n` bytes into `out`, which has room for n bytes and may be `in`
 * itself. A % without two hexadecimal digits stands for itself. Returns the
 * length; the result may hold NUL and is not terminated. */
size_t percent_decode(char *out, const char *in, size_t n);

/* Appends a byte as %XX. */
void percent_put(struct buf *out, unsigned char byte);

#endif
