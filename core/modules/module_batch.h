/* module_batch.h -- http.batch: several requests of one virtual user, or of one
 * handler, at once.
 */
#ifndef MODULES_MODULE_BATCH_H
#define MODULES_MODULE_BATCH_H

struct lua_State;

/* Make the type known in the state. May raise. */
void module_batch_open(struct lua_State *L);

/* http.batch(requests): the responses, under the requests' keys */
int module_batch(struct lua_State *L);

#endif
