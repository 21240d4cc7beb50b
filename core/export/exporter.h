/* exporter.h -- loads, checks and runs one exporter's Lua file.
 *
 * Each run has a Lua state of its own, which ends with the run. So an exporter
 * sees its modules as the files are now, and nothing that another exporter left
 * behind.
 *
 * Loading a file has a time limit of one second and an export one of a minute.
 * A count hook checks the clock every million instructions. After the limit it
 * raises an error at every instruction, so that a pcall in the script does not
 * help an exporter that loops for ever. The hook cannot end a single call of a
 * C function, such as a string.find that backtracks, nor a finalizer, and
 * closing the state runs finalizers after the limit.
 *
 * An export runs on the exporter thread. A file is also loaded where the
 * catalog checks it: on a thread of libuv's pool in a server, on the main thread
 * in a command.
 *
 * Path: catalog.c, export_queue.c -> [exporter] -> profile_view.c, export_out.c
 */
#ifndef EXPORT_EXPORTER_H
#define EXPORT_EXPORTER_H

#include "base/buf.h"
#include "base/err.h"
#include "export/catalog.h"

struct lua_State;
struct profile;

/* Runs the file at `path` under the time limit, checks the table that the file
 * returns and fills `info`. `require` finds modules beside the file first, then
 * beside the program's exporters. Returns a state with the table on top of its
 * stack; the caller ends it with script_state_free. Returns NULL and sets err
 * on failure: the message begins with the file's name, and `info` holds the
 * fields that were read. */
struct lua_State *exporter_open(const char *path, struct export_info *info,
                                struct err *err);

/* Pops the exporter's table and calls its export function under the time limit.
 * Appends its output to `out`. `options` is written as "a=1&b=x", or NULL.
 * Returns false and sets err if the exporter raises an error, or if the time is
 * over. */
bool exporter_run(struct lua_State *L, const struct profile *profile,
                  const char *options, struct buf *out, struct err *err);

#endif
