/* utf8.h -- which bytes are UTF-8. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Length of the well-formed sequence, of two bytes or more, at `s` (Unicode
 * table 3-7); 0 when there is none within the `left` bytes, at least one, that
 * are there. */
size_t utf8_length(const unsigned char *s, size_t left);

#endif
