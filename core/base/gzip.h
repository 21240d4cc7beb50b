/* gzip.h -- gzip by zlib. The same bytes compress to the same bytes: no time
 * and no file name is written. */
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Append `n` bytes of `data`, compressed at `level` 0 to 9, to `out`. */
bool gzip_compress(const void *data, size_t n, int level, struct buf *out,
                   struct err *err);

/* Append what the gzip file at `data` holds (all of its members) to `out`; an
 * error when that is more than `limit` bytes, or the file is cut or damaged. */
bool gzip_decompress(const void *data, size_t n, size_t limit, struct buf *out,
                     struct err *err);

/* The same for what HTTP calls deflate: zlib's format, or deflate alone, which
 * some servers send. */
bool gzip_inflate(const void *data, size_t n, size_t limit, struct buf *out,
                  struct err *err);

/* Does it begin as a gzip file does? */
bool gzip_is(const void *data, size_t n);

#endif
