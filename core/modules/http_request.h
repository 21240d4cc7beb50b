/* http_request.h -- builds a request of a script, sends it and waits for the
 * reply: the common part of http.get, http.send and http.batch.
 *
 *     http_request_find_asker      the virtual user or task that waits
 *     http_request_take_chain      a chain with the default settings
 *     http_request_build           params and body -> bytes of the request
 *     http_request_send            yields; on the reply returns the response
 *
 * The C functions of the module `http` have two upvalues, which these functions
 * use: the http_env and the metatable of responses.
 *
 * Path: module_http.c, http_prepared.c -> [http_request] -> client/chain.c
 * -> http_response.c
 */
#ifndef MODULES_HTTP_REQUEST_H
#define MODULES_HTTP_REQUEST_H

#include <stdbool.h>

#include "client/error.h"

struct chain;
struct http_env;
struct lua_State;
struct transfer;

/* Returns the http_env of the running function. */
const struct http_env *http_env_of(struct lua_State *L);

/* Returns true if `method` has only capital letters and `-`, and at least one
 * character. */
bool http_request_is_method(const char *method);

/* Returns the virtual user or the task whose coroutine runs. Raises an error
 * that names the function http.`name` if it cannot wait here. */
void *http_request_find_asker(struct lua_State *L, const char *name);

/* Returns a chain for the asker, ready for a request. May push one value, which
 * keeps the chain alive. May raise. */
struct chain *http_request_take_chain(struct lua_State *L, void *asker);

/* Makes a chain ready for a request of the asker, with the settings of the
 * options. */
void http_request_begin(const struct http_env *env, void *asker,
                        struct chain *chain);

/* Sets the method and what follows from it. `method` must live as long as the
 * request. */
void http_request_set_method(struct transfer *transfer, const char *method);

/* Writes the request for the URL of the chain. `body` and `params` are indices
 * of values that may be nil. The caller keeps the texts that the chain points
 * to, the URL and the method, alive until the reply has arrived, and likewise
 * the value that this function may push. Raises if the body or the params are
 * wrong. */
void http_request_build(struct lua_State *L, const struct http_env *env,
                        struct chain *chain, const char *method, int body,
                        int params);

/* Sends the request that has been built and yields until the response is there.
 * The calling C function returns the result: `return http_request_send(...)`.
 */
int http_request_send(struct lua_State *L, struct chain *chain);

/* Counts a request that cannot be sent, and returns a response with the error.
 * The calling C function returns the result. */
int http_request_fail(struct lua_State *L, struct chain *chain,
                      enum client_error error);

/* Counts the last transfer of a chain that was not sent by http_request_send.
 */
void http_request_count(struct chain *chain);

#endif
