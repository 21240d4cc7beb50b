/* http_request.h -- what all the ways of sending a request from a
 * script have in common: who asks, writing it, waiting for its reply.
 *
 * The functions of the module have two upvalues: the http_env, and the
 * response's metatable.
 */
#ifndef MODULES_HTTP_REQUEST_H
#define MODULES_HTTP_REQUEST_H

#include <stdbool.h>

#include "client/error.h"

struct chain;
struct http_env;
struct lua_State;
struct transfer;

const struct http_env *http_env_of(struct lua_State *L);

/* Is it one in capitals? */
bool http_request_is_method(const char *method);

/* Whose coroutine runs. Raises: http.`name` cannot wait here. */
void *http_request_find_asker(struct lua_State *L, const char *name);

/* A chain of the asker's own, begun. May push one value, which keeps it
 * alive. */
struct chain *http_request_take_chain(struct lua_State *L, void *asker);

/* Make ready for a request of the asker's, as the options say. */
void http_request_begin(const struct http_env *env, void *asker,
                        struct chain *chain);

void http_request_set_method(struct transfer *transfer, const char *method);

/* Write the request for the chain's URL. `body` and `params` are indices of
 * values that may be nil. What the chain points to, the URL and the method,
 * stays where it is until the reply is there. May push a value, for the same
 * time. Raises: something in them is wrong. */
void http_request_build(struct lua_State *L, const struct http_env *env,
                        struct chain *chain, const char *method, int body,
                        int params);

/* Send what was written, and yield until there is a response. To be returned
 * from the function. */
int http_request_send(struct lua_State *L, struct chain *chain);

/* There is nothing to be sent. To be returned, too. */
int http_request_fail(struct lua_State *L, struct chain *chain,
                      enum client_error error);

/* For chains that are sent in another way: the last transfer is done. */
void http_request_count(struct chain *chain);

#endif
