/* value.h -- carries Lua values from one state to another, as bytes of this
 * process: nil, booleans, numbers, strings, json.null, and tables of these,
 * without their metatables.
 *
 * Path: module_sync_channel.c, module_shared.c -> [value]
 */
#ifndef SCRIPT_VALUE_H
#define SCRIPT_VALUE_H

struct buf;
struct lua_State;

/* Append the value at `index`. Raises when it, or one within it, is of another
 * type, or nested more than 100 deep. */
void value_write(struct lua_State *L, int index, struct buf *out);

/* Push what was written, all of it. Raises when out of memory. */
void value_read(struct lua_State *L, const char *bytes);

#endif
