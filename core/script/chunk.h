/* chunk.h -- the test script: compiled once, run once per virtual user, each
 * time with globals of its own.
 *
 * All runs share one prototype: the source is compiled as the body of
 * `function(_ENV, ...)`, on its own lines, and that function is called with a
 * new table of globals, which falls back on the state's. What is loaded by
 * `require` is shared.
 */
#ifndef SCRIPT_CHUNK_H
#define SCRIPT_CHUNK_H

#include <stdbool.h>

#include "base/err.h"

struct lua_State;

struct chunk {
    int make_ref; /* in the registry: the function to be called with _ENV */
};

/* Compile the file. False and err: it cannot be read, or file:line. */
bool chunk_load(struct chunk *chunk, struct lua_State *L, const char *path,
                struct err *err);

/* Run it with new globals and push what it returns, which must be a table.
 * False and err, and nothing pushed: a script error. */
bool chunk_run(const struct chunk *chunk, struct lua_State *L, struct err *err);

#endif
