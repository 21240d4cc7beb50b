/* http_response.h -- the `res` that http functions return. */
#ifndef MODULES_HTTP_RESPONSE_H
#define MODULES_HTTP_RESPONSE_H

struct transfer;
struct lua_State;

/* Push its metatable. May raise. */
void http_response_push_metatable(struct lua_State *L);

/* Push a response: a copy of what the transfer has. To be called from a
 * function that has the metatable as its second upvalue. Returns 1. May
 * raise. */
int http_response_push(struct lua_State *L, const struct transfer *transfer);

#endif
