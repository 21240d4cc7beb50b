/* utf8.h -- recognizes well-formed UTF-8. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Returns the length of the well-formed sequence of two or more bytes at `s`
 * (Unicode, table 3-7). Returns 0 if the `left` bytes at `s`, at least one, do
 * not begin with such a sequence. */
size_t utf8_length(const unsigned char *s, size_t left);

#endif
