/* http_prepared.h -- http.prepare: a request whose bytes are built once and
 * sent again and again, by any number of virtual users at once.
 */
#ifndef MODULES_HTTP_PREPARED_H
#define MODULES_HTTP_PREPARED_H

#include <stdbool.h>

struct chain;
struct lua_State;

/* http.prepare{ url =, method =, body =, and params } */
int http_prepared_new(struct lua_State *L);

/* Make the type known in the state, and push http.send(prepared), which is
 * prepared:send() as well. The two values from `upvalues` on are those of the
 * module's functions. May raise. */
void http_prepared_push_send(struct lua_State *L, int upvalues);

/* For http.batch: is there one at `index`? Make it the request of a chain that
 * was begun; it stays until the reply is there. False: out of memory. */
bool http_prepared_is(struct lua_State *L, int index);
bool http_prepared_write(struct lua_State *L, int index, struct chain *chain);

#endif
