/* tag_table.h -- the tags that a script gives: a Lua table of names and
 * values, as bytes: name NUL value NUL..., so that they live without the
 * table.
 */
#ifndef SCRIPT_TAG_TABLE_H
#define SCRIPT_TAG_TABLE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct lua_State;

/* Append the table at `index`: names are strings, values strings, numbers or
 * booleans. `what` names it in err: "params.tags". False: something else is in
 * it, or there is no memory. Raises no Lua error but that there is no memory.
 */
bool tag_table_read(struct buf *out, struct lua_State *L, int index,
                    const char *what, struct err *err);

/* The value of a tag, the first of that name; NULL: there is none. */
const char *tag_table_get(const struct buf *tags, const char *name);

#endif
