/* modules.h -- what exporters see of C: the profile, `out`, `proto`. The Lua
 * side is documented in docs/EXPORTERS.md. All functions may raise. */
#ifndef EXPORT_MODULES_H
#define EXPORT_MODULES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct lua_State;
struct profile;
struct profile_view;
struct export_out;

/* Push the profile. The userdata must not outlive it: profile_view_close, which
 * never raises, makes every later use of it an error. */
struct profile_view *profile_view_push(struct lua_State *L,
                                       const struct profile *profile);
void profile_view_close(struct profile_view *view);

/* Push an `out`. It lives as long as it is on the stack. */
struct export_out *export_out_push(struct lua_State *L);
/* Append what was written to `bytes`, gzipped if it asked for that. Never
 * raises; false when out of memory. */
bool export_out_take(struct export_out *out, struct buf *bytes,
                     struct err *err);

/* `require "proto"` */
int module_proto_open(struct lua_State *L);

#endif
