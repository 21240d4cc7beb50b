/* module_request.h -- the `req` that a handler gets. Its fields are made when
 * they are first read, and kept: method, path, params, query, query_all,
 * headers, body, id; and it has the methods req:json() and req:stream(f). A
 * script may set fields of its own on it.
 */
#ifndef HANDLER_MODULE_REQUEST_H
#define HANDLER_MODULE_REQUEST_H

struct exchange;
struct lua_State;

/* Set up a state. May raise. */
void module_request_open(struct lua_State *L);

/* Push a new `req`. The caller keeps it alive, and calls release when the
 * exchange is over: a script that still has it can read what it read before,
 * anything else is an error. May raise. */
void module_request_push(struct lua_State *L, struct exchange *exchange);

/* Never raises. */
void module_request_release(struct exchange *exchange);

#endif
