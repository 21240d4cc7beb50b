/* pprof_read.h -- reads a profile from a pprof file, whoever wrote it.
 *
 * Path: a file or an HTTP body -> [pprof_read] -> export/
 */
#ifndef PROFILE_PPROF_READ_H
#define PROFILE_PPROF_READ_H

#include <stddef.h>

#include "base/err.h"

struct profile;

/* The profile in the `n` bytes at `data`, gzipped or not; the caller owns it.
 * Everything is checked: a damaged file gives NULL, and err says what is wrong
 * in it. At most 1 GiB is unpacked. */
struct profile *pprof_read(const void *data, size_t n, struct err *err);

#endif
