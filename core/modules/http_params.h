/* http_params.h -- reads the `params` that http functions take into a chain.
 *
 * Path: http_request.c, http_prepared.c -> [http_params] -> client/chain.c
 */
#ifndef MODULES_HTTP_PARAMS_H
#define MODULES_HTTP_PARAMS_H

#include <stdbool.h>

struct chain;
struct http_options;
struct lua_State;

/* True for each field that the script has set, so that a default does not
 * overwrite it. */
struct http_given {
    bool host, user_agent; /* headers */
    bool jar, redirects, response_callback, response_type;
    /* Set by the caller: the table may also have the fields method, url and
     * body, which http_params_read ignores. */
    bool other_fields;
};

/* Sets every setting that `params` may change to its value in the options. */
void http_params_reset(struct chain *chain, const struct http_options *options);

/* Reads the table at `index` into the chain and appends the headers to the
 * request of the chain. Raises if a field is unknown or has a wrong value. */
void http_params_read(struct lua_State *L, int index, struct chain *chain,
                      struct http_given *given);

/* Reads only the tags, for a request that cannot be sent but is counted. Does
 * nothing if the value at `index` is not a table. Raises if the tags are
 * wrong. */
void http_params_read_tags(struct lua_State *L, int index, struct chain *chain);

#endif
