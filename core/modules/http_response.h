/* http_response.h -- the response that http functions return.
 *
 * Path: http_request.c, http_batch.c -> [http_response] -> the script
 */
#ifndef MODULES_HTTP_RESPONSE_H
#define MODULES_HTTP_RESPONSE_H

struct transfer;
struct lua_State;

/* Pushes the metatable of responses. May raise. */
void http_response_push_metatable(struct lua_State *L);

/* Pushes a response, which is a copy of the reply in the transfer. Called from
 * a C function whose second upvalue is the metatable of responses. Returns 1.
 * May raise. */
int http_response_push(struct lua_State *L, const struct transfer *transfer);

#endif
