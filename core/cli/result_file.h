/* result_file.h -- writes a command's result to stdout, or to a file that
 * exists whole or not at all.
 *
 * A regular file is written under another name beside it and renamed at the
 * end, so a failure leaves an older file as it was. A device, a pipe or a link
 * is written in place.
 */
#ifndef CLI_RESULT_FILE_H
#define CLI_RESULT_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Writes the bytes to `path`; NULL or "-" means stdout, which must not be a
 * terminal if `is_binary`. Returns false and sets err on failure. */
bool result_file_write(const char *path, const struct buf *bytes,
                       bool is_binary, struct err *err);

/* Checks that result_file_write can write to `path`, by making and removing an
 * empty file beside it. Returns false and sets err if not. */
bool result_file_check(const char *path, bool is_binary, struct err *err);

/* Returns true if result_file_write replaces what is at `path`: then a second
 * result in the same file is the only one. */
bool result_file_replaces(const char *path);

#endif
