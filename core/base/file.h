/* file.h -- reads whole files, and checks and makes the folders of files that
 * the program writes. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the whole file to `out`. Returns false and sets err, which names the
 * path, if the file cannot be read. */
bool file_read(const char *path, struct buf *out, struct err *err);

/* Returns false and sets err if the folder of the file `path` does not exist,
 * so that a mistyped path is reported before a long run and not after it. */
bool file_check_folder(const char *path, struct err *err);

/* Makes the folder `dir`, whose parent exists. Does nothing if `dir` exists.
 * Returns false and sets err if that fails. */
bool file_make_folder(const char *dir, struct err *err);

#endif
