/* exporter.h -- one exporter's Lua file: load it, check its table, run it.
 *
 * An exporter lives in a state of its own that ends with it, so that it sees
 * its modules as they are now and nothing that another one left behind.
 */
#ifndef EXPORT_EXPORTER_H
#define EXPORT_EXPORTER_H

#include "base/buf.h"
#include "base/err.h"
#include "export/catalog.h"

struct lua_State;
struct profile;

/* Run the file at `path`, which may take a second, check the table that it
 * returns and fill `info`. `require` finds modules beside the file, then beside
 * the program's exporters. NULL on failure: the error begins with the file's
 * name, and `info` holds what was read of it. Else the table is on top of the
 * stack; the caller ends the state with script_state_free. */
struct lua_State *exporter_open(const char *path, struct export_info *info,
                                struct err *err);

/* Call the export function of the table on top of the stack, and pop it. What
 * it writes is appended to `out`. It may take a minute. `options` is written as
 * "a=1&b=x", or NULL. */
bool exporter_run(struct lua_State *L, const struct profile *profile,
                  const char *options, struct buf *out, struct err *err);

#endif
