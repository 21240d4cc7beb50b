/* export_out.h -- `out`, the userdata that an exporter writes to.
 *
 * The Lua side (out:write, out:gzip) is documented in docs/EXPORTERS.md.
 *
 * Path: exporter.c -> [export_out] -> export_queue.c
 */
#ifndef EXPORT_EXPORT_OUT_H
#define EXPORT_EXPORT_OUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct export_out;
struct lua_State;

/* Pushes an `out`, which lives as long as it is on the stack. May raise. */
struct export_out *export_out_push(struct lua_State *L);

/* Appends the written bytes to `bytes`, gzipped if the exporter called
 * out:gzip. Returns false and sets err if out of memory. Never raises. */
bool export_out_take(struct export_out *out, struct buf *bytes,
                     struct err *err);

#endif
