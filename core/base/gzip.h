/* gzip.h -- compresses and decompresses gzip with zlib.
 *
 * The header of the result holds no time and no file name, so the same input
 * always gives the same bytes. Decompression has a limit, because a small
 * input can expand a thousandfold. */
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Compresses the `n` bytes of `data` at `level` 0 to 9 and appends the gzip
 * file to `out`. Returns false and sets err if out of memory. */
bool gzip_compress(const void *data, size_t n, int level, struct buf *out,
                   struct err *err);

/* Decompresses all members of the gzip file `data` and appends the result to
 * `out`. Returns false and sets err if the result has more than `limit` bytes,
 * if the file is cut short or damaged, or if out of memory. */
bool gzip_decompress(const void *data, size_t n, size_t limit, struct buf *out,
                     struct err *err);

/* Like gzip_decompress, for the content coding that HTTP calls deflate. That
 * is zlib's format, but some servers send bare deflate data: both are read. */
bool gzip_inflate(const void *data, size_t n, size_t limit, struct buf *out,
                  struct err *err);

/* Returns true if `data` begins with the magic bytes of gzip. */
bool gzip_is(const void *data, size_t n);

#endif
