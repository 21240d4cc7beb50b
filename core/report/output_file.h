/* output_file.h -- a file that several threads append whole lines to. One whose
 * name ends in .gz is compressed: each piece is a gzip member of its own, made
 * by the thread that brings it.
 */
#ifndef REPORT_OUTPUT_FILE_H
#define REPORT_OUTPUT_FILE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct output_file {
    int fd; /* -1: not open */
    bool compressed;
    pthread_mutex_t lock;
    int error; /* errno of the first write that failed; 0: none has */
};

/* Make the file, or empty it. False, err, and `error`. */
bool output_file_open(struct output_file *file, const char *path,
                      struct err *err);

/* Append all, as one piece. What fails is in `error`, and nothing is written
 * from then on. [any thread] */
void output_file_write(struct output_file *file, const struct buf *bytes);

/* False and err: something was not written. Does nothing when it is not open.
 */
bool output_file_close(struct output_file *file, const char *path,
                       struct err *err);

#endif
