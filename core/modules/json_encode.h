/* json_encode.h -- writes Lua values as JSON.
 *
 * json.encode and replies of handlers use it. json_encode never raises an
 * error, so C code that is not called from Lua can use it too.
 *
 * A table whose keys are exactly 1..n, and a table made by json.array, are
 * arrays. Any other table is an object whose keys must be strings. Metamethods
 * are ignored. Strings are taken as UTF-8 (base/json.h).
 *
 * Path: module_json.c, handler/reply.c -> [json_encode] -> base/json.c
 */
#ifndef MODULES_JSON_ENCODE_H
#define MODULES_JSON_ENCODE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct lua_State;

/* Appends the value at `index` to `out`. Returns false and sets err if out of
 * memory or if the value contains something that JSON cannot express: NaN, a
 * function, a cycle, more than 128 levels of tables. The message names the
 * place in the value. `out` then holds a part of the text. */
bool json_encode(struct lua_State *L, int index, struct buf *out,
                 struct err *err);

/* Pushes the metatable that marks arrays, or nil if json_encode_set_array_mark
 * has not been called in this state. */
void json_encode_push_array_mark(struct lua_State *L);

/* Pops a metatable, which marks arrays from now on. May raise. */
void json_encode_set_array_mark(struct lua_State *L);

#endif
