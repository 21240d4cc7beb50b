/* module_stream.h -- replies that a Lua function writes while they are sent:
 *
 *   return [status,] req:stream(function(write) ... end) [, headers]
 *
 * The function runs in a task of its own once the client is sent the body.
 * write(...) takes strings and numbers, and waits while the client is slower.
 *
 * Path: reply.c -> app.c -> [module_stream] -> stream.c
 */
#ifndef HANDLER_MODULE_STREAM_H
#define HANDLER_MODULE_STREAM_H

#include <stdbool.h>

struct exchange;
struct lua_State;

/* Set up a state. May raise. */
void module_stream_open(struct lua_State *L);

/* req:stream(f), a lua_CFunction: a body. */
int module_stream_body(struct lua_State *L);

/* Is the value a body, of req:stream? Needs two stack slots, never raises. */
bool module_stream_is_body(struct lua_State *L, int index);

/* Push a value to keep alive while the exchange may be released: the function
 * may let go of its argument. Then the body's function, and the `write` for
 * it, which writes to the exchange's stream. May raise. */
void module_stream_push_call(struct lua_State *L, int body,
                             struct exchange *exchange);

/* The exchange has no stream any more: its `write` raises. Never raises
 * itself. */
void module_stream_release(struct exchange *exchange);

#endif
