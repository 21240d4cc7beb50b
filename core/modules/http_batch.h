/* http_batch.h -- http.batch: several requests of one virtual user, or of one
 * handler, at the same time.
 *
 * Path: module_http.c -> [http_batch] -> http_request.c, client/chain.c
 */
#ifndef MODULES_HTTP_BATCH_H
#define MODULES_HTTP_BATCH_H

struct lua_State;

/* Makes the type of batches known in the state. May raise. */
void http_batch_open(struct lua_State *L);

/* http.batch(requests) returns the responses, each under the key of its
 * request. */
int http_batch(struct lua_State *L);

#endif
