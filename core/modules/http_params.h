/* http_params.h -- the `params` that http functions take: into a chain.
 */
#ifndef MODULES_HTTP_PARAMS_H
#define MODULES_HTTP_PARAMS_H

#include <stdbool.h>

struct chain;
struct http_options;
struct lua_State;

/* What the script has given itself. */
struct http_given {
    bool host, user_agent; /* headers */
    bool jar, redirects, response_callback, response_type;
    bool other_fields; /* method, url and body are none of the params, but may
                          be there: set before */
};

/* Set what `params` may set to what the options say. */
void http_params_reset(struct chain *chain, const struct http_options *options);

/* Read the table at `index`; headers are appended to the chain's request.
 * Raises: something in it is unknown, or wrong. */
void http_params_read(struct lua_State *L, int index, struct chain *chain,
                      struct http_given *given);

/* Read no more than their tags, if there are any, for a request that cannot be
 * sent. Raises: those are wrong. */
void http_params_read_tags(struct lua_State *L, int index, struct chain *chain);

#endif
