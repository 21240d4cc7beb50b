/* file.h -- files read in one go, and the folders that files go to. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Append all of the file. False and err, which names the path. */
bool file_read(const char *path, struct buf *out, struct err *err);

/* May a file of this name be made? False and err: the folder that it would be
 * in does not exist. */
bool file_check_folder(const char *path, struct err *err);

/* Make the folder, whose parent exists, unless it is there. False and err. */
bool file_make_folder(const char *dir, struct err *err);

#endif
