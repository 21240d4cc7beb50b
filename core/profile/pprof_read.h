/* pprof_read.h -- reads a pprof file of any program into the profile model.
 *
 * The format is profile.proto of github.com/google/pprof. The reader accepts
 * what google/pprof accepts and checks every reference, so exporters never
 * meet an id that is not there.
 *
 * Path: a file or an HTTP body -> [pprof_read] -> export/
 */
#ifndef PROFILE_PPROF_READ_H
#define PROFILE_PPROF_READ_H

#include <stddef.h>

#include "base/err.h"

struct profile;

/* Reads the profile in the `n` bytes at `data`, gzipped or not. The caller
 * frees the profile with profile_free. Returns NULL and sets err if the file is
 * not a pprof file, is damaged, unpacks to more than 1 GiB, or if out of
 * memory. */
struct profile *pprof_read(const void *data, size_t n, struct err *err);

#endif
