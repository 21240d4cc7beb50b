/* output_file.h -- a file to which several threads append whole lines.
 *
 * A file whose name ends in .gz is compressed: each piece is a gzip member of
 * its own, compressed by the thread that writes it.
 *
 * Path: output.c -> [output_file]
 */
#ifndef REPORT_OUTPUT_FILE_H
#define REPORT_OUTPUT_FILE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct output_file {
    int fd; /* -1 if not open */
    bool compressed;
    pthread_mutex_t lock;
    int error; /* errno of the first failed write, 0 if none */
};

/* Makes or truncates the file. Returns false and sets err and `error` on
 * failure. */
bool output_file_open(struct output_file *file, const char *path,
                      struct err *err);

/* Appends the bytes as one piece. A failure sets `error`, and later writes do
 * nothing. [any thread] */
void output_file_write(struct output_file *file, const struct buf *bytes);

/* Closes the file, if it is open. Returns false and sets err if something was
 * not written. */
bool output_file_close(struct output_file *file, const char *path,
                       struct err *err);

#endif
