/* http_batch.h -- http.batch: several requests of one virtual user, or of one
 * handler, at once.
 */
#ifndef MODULES_HTTP_BATCH_H
#define MODULES_HTTP_BATCH_H

struct lua_State;

/* Make the type known in the state. May raise. */
void http_batch_open(struct lua_State *L);

/* http.batch(requests): the responses, under the requests' keys */
int http_batch(struct lua_State *L);

#endif
