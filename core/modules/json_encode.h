/* json_encode.h -- writes Lua values as JSON, without ever raising an error,
 * so that C code outside Lua can use it.
 *
 * A table with elements 1..n and nothing else is an array, and so is one made
 * by json.array; any other table is an object, and its keys must be strings.
 * Metamethods are not looked at. Strings are taken as UTF-8 (base/json.h).
 */
#ifndef MODULES_JSON_ENCODE_H
#define MODULES_JSON_ENCODE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct lua_State;

/* Append the value at `index`. False and err, naming the place, when it has no
 * JSON: NaN, a function, a cycle, more than 128 levels, ... or out of memory;
 * `out` then holds a part of it. */
bool json_encode(struct lua_State *L, int index, struct buf *out,
                 struct err *err);

/* Push the metatable that marks arrays, nil before json_encode_set_array_mark.
 */
void json_encode_push_array_mark(struct lua_State *L);

/* Take the metatable on top of the stack as the mark. May raise. */
void json_encode_set_array_mark(struct lua_State *L);

#endif
