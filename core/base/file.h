/* file.h -- files read in one go. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Append all of the file. False and err, which names the path. */
bool file_read(const char *path, struct buf *out, struct err *err);

#endif
