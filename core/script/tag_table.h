/* tag_table.h -- the tags that a script gives as a Lua table, kept as bytes, so
 * that they outlive the table: name NUL value NUL name NUL value NUL ...
 *
 * Path: modules/http_params.c, load/config_read.c -> [tag_table]
 */
#ifndef SCRIPT_TAG_TABLE_H
#define SCRIPT_TAG_TABLE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct lua_State;

/* Appends the table at `index`, whose keys are strings and whose values are
 * strings, numbers or booleans. Returns false and sets err, which names the
 * table `what` ("params.tags"), if it holds anything else or memory is short.
 * Raises a Lua error only if Lua is out of memory. */
bool tag_table_read(struct buf *out, struct lua_State *L, int index,
                    const char *what, struct err *err);

/* Returns the value of the first tag of this name, NULL if there is none. */
const char *tag_table_get(const struct buf *tags, const char *name);

#endif
