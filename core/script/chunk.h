/* chunk.h -- the script of a load test: compiled once, run once per virtual
 * user, each time with globals of its own.
 *
 * All runs share one function prototype. The source is compiled as the body of
 * `function(_ENV, ...)`, on its own line numbers, and that function is called
 * with a new table of globals, which falls back on the globals of the state.
 * Modules loaded by `require` are shared by all runs.
 *
 * Path: load/vu_script.c -> [chunk] -> call.c
 */
#ifndef SCRIPT_CHUNK_H
#define SCRIPT_CHUNK_H

#include <stdbool.h>

#include "base/err.h"

struct lua_State;

struct chunk {
    int make_ref; /* registry reference of the function to call with _ENV */
};

/* Compiles the file. Returns false and sets err if the file cannot be read or
 * compiled; a message of the compiler begins with FILE:LINE. The chunk lives as
 * long as the state. */
bool chunk_load(struct chunk *chunk, struct lua_State *L, const char *path,
                struct err *err);

/* Runs the chunk with new globals and pushes the table that it returns. Returns
 * false, sets err and pushes nothing if the script raises an error or returns
 * something else. */
bool chunk_run(const struct chunk *chunk, struct lua_State *L, struct err *err);

#endif
