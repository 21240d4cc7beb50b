/* owned_buf.h -- a buffer that Lua owns, for C that may raise while it fills
 * it. */
#ifndef SCRIPT_OWNED_BUF_H
#define SCRIPT_OWNED_BUF_H

#include "base/buf.h"

struct lua_State;

/* Push an empty one, which the collector frees. Raises when out of memory. */
struct buf *owned_buf_new(struct lua_State *L);

/* The same, freed with the end of the C function that runs already. */
struct buf *owned_buf_push(struct lua_State *L);

/* Push what it holds as a string; raises when an append to it failed, with
 * `what` for a name of it. */
void owned_buf_push_string(struct lua_State *L, const struct buf *b,
                           const char *what);

#endif
