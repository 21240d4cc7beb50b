/* http_prepared.h -- http.prepare: a request whose bytes are built once and
 * sent many times, also by several virtual users at the same time.
 *
 * Path: module_http.c, http_batch.c -> [http_prepared] -> http_request.c
 */
#ifndef MODULES_HTTP_PREPARED_H
#define MODULES_HTTP_PREPARED_H

#include <stdbool.h>

struct chain;
struct lua_State;

/* http.prepare{ url =, method =, body =, ... and the fields of params } returns
 * a prepared request. */
int http_prepared_new(struct lua_State *L);

/* Makes the type of prepared requests known in the state and pushes the
 * function http.send(prepared), which also is prepared:send(). The values at
 * the indices `upvalues` and `upvalues` + 1 are the upvalues of the module's
 * functions. May raise. */
void http_prepared_push_send(struct lua_State *L, int upvalues);

/* Returns true if the value at `index` is a prepared request. */
bool http_prepared_is(struct lua_State *L, int index);

/* Makes the prepared request at `index` the request of a chain that has begun.
 * The prepared request must stay alive until the reply has arrived. Returns
 * false if out of memory. */
bool http_prepared_write(struct lua_State *L, int index, struct chain *chain);

#endif
