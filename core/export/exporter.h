/* exporter.h -- one exporter's Lua file: load it, check its table, run it. */
#ifndef EXPORT_EXPORTER_H
#define EXPORT_EXPORTER_H

#include "base/buf.h"
#include "base/err.h"
#include "export/catalog.h"

struct lua_State;
struct profile;

/* A state for exporters: `require` finds modules beside them, in `dir`. */
struct lua_State *exporter_state_new(const char *dir, struct err *err);

/* Load the file at `path` and check the table that it returns; fill `info` and
 * leave the table on the stack. On failure nothing is left there, and the
 * error begins with the file's name. */
bool exporter_load(struct lua_State *L, const char *path,
                   struct export_info *info, struct err *err);

/* Call the export function of the table on top of the stack, and pop it. What
 * it writes is appended to `out`. It may take a minute. */
bool exporter_run(struct lua_State *L, const struct profile *profile,
                  const char *options, struct buf *out, struct err *err);

#endif
