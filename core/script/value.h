/* value.h -- carries Lua values from one state to another as bytes.
 *
 * The values are nil, booleans, numbers, strings, json.null, and tables of
 * these without their metatables. The bytes are for this process only: numbers
 * and lengths are in the machine's own form.
 *
 * Path: modules/channel_methods.c, modules/module_shared.c,
 *       modules/module_thread.c -> [value]
 */
#ifndef SCRIPT_VALUE_H
#define SCRIPT_VALUE_H

struct buf;
struct lua_State;

/* Appends the value at `index`. Raises a Lua error if the value, or a value
 * within it, is of another type or nested more than 100 deep, or if out of
 * memory. */
void value_write(struct lua_State *L, int index, struct buf *out);

/* Pushes the value that value_write wrote. Raises a Lua error if out of memory.
 */
void value_read(struct lua_State *L, const char *bytes);

#endif
