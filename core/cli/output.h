/* output.h -- where a command's result goes: a file that is there whole or not
 * at all, or stdout. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Write to `path`, by a file beside it that takes its name at the end; what is
 * there and no plain file (a device, a pipe, a link) is written to as it is.
 * NULL or "-": to stdout, which must not be a terminal if `is_binary`. */
bool output_write(const char *path, const struct buf *bytes, bool is_binary,
                  struct err *err);

/* Could output_write do it? Tries with an empty file beside `path`, which it
 * removes again. */
bool output_check(const char *path, bool is_binary, struct err *err);

#endif
