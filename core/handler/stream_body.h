/* stream_body.h -- replies that a Lua function writes while they are sent:
 *
 *   return [status,] req:stream(function(write) ... end) [, headers]
 *
 * The function runs in a task of its own, which starts when the client is sent
 * the body. write(...) takes strings and numbers, and waits if the client reads
 * more slowly than the function writes.
 *
 * Path: reply.c -> exchange.c -> [stream_body] -> stream.c
 */
#ifndef HANDLER_STREAM_BODY_H
#define HANDLER_STREAM_BODY_H

#include <stdbool.h>

struct exchange;
struct lua_State;

/* Prepares a state for the functions below. May raise. */
void stream_body_open(struct lua_State *L);

/* req:stream(f), a lua_CFunction: returns a body, which keeps the function. */
int stream_body_new(struct lua_State *L);

/* Returns true if the value is a body of req:stream. Needs two stack slots,
 * never raises. */
bool stream_body_is(struct lua_State *L, int index);

/* Pushes three values: the writer, which the caller keeps alive until
 * stream_body_release because the function may drop its `write`; the body's
 * function; its `write`, which writes to the exchange's stream. May raise. */
void stream_body_push_call(struct lua_State *L, int body,
                           struct exchange *exchange);

/* Separates `write` from its exchange: calling it raises from then on. Never
 * raises itself. */
void stream_body_release(struct exchange *exchange);

#endif
