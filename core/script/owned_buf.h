/* owned_buf.h -- a buffer that Lua owns, for C code that may raise a Lua error
 * while it fills the buffer.
 */
#ifndef SCRIPT_OWNED_BUF_H
#define SCRIPT_OWNED_BUF_H

#include "base/buf.h"

struct lua_State;

/* Pushes a userdata with an empty buffer, which the garbage collector frees.
 * Returns the buffer. Raises a Lua error if out of memory. */
struct buf *owned_buf_new(struct lua_State *L);

/* The same, but the buffer is freed as soon as the running C function returns
 * or raises an error. */
struct buf *owned_buf_push(struct lua_State *L);

/* Pushes the bytes of the buffer as a string. Raises a Lua error that names the
 * buffer `what` if an append to it has failed. */
void owned_buf_push_string(struct lua_State *L, const struct buf *b,
                           const char *what);

#endif
