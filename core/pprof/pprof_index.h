/* pprof_index.h -- the page at /debug/pprof/: each kind of profile, and how
 * much there is of it.
 *
 * The page is not a kind and not in their list. It implements their interface,
 * so that a request for it waits, is cancelled and is answered as a request for
 * a profile is.
 *
 * Path: capture.c -> [pprof_index] -> record/profile_kind_*.c (`count`)
 */
#ifndef PPROF_PPROF_INDEX_H
#define PPROF_PPROF_INDEX_H

#include "record/profile_kind.h"

extern const struct profile_kind pprof_index;

#endif
