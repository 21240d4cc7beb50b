/* request_object.h -- the `req` that a handler gets.
 *
 * The fields of `req` are method, path, params, query, query_all, headers,
 * body and id. A field is made when the script first reads it, and then kept,
 * so a handler pays only for the fields that it uses. `req` has the methods
 * req:json() and req:stream(f), and a script may set fields of its own.
 *
 * Path: exchange.c -> [request_object] -> daemon.c, stream_body.c
 */
#ifndef HANDLER_REQUEST_OBJECT_H
#define HANDLER_REQUEST_OBJECT_H

struct exchange;
struct lua_State;

/* Prepares a state for the functions below. May raise. */
void request_object_open(struct lua_State *L);

/* Pushes a new `req` for the exchange. The caller keeps `req` alive and calls
 * request_object_release before the exchange is freed. May raise. */
void request_object_push(struct lua_State *L, struct exchange *exchange);

/* Separates `req` from its exchange. A script that still has `req` can read the
 * fields that it has read before; any other field raises. Never raises. */
void request_object_release(struct exchange *exchange);

#endif
