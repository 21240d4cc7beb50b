/* http_statuses.h -- http.expectedStatuses and http.setResponseCallback:
 * which replies count as failed.
 */
#ifndef MODULES_HTTP_STATUSES_H
#define MODULES_HTTP_STATUSES_H

struct lua_State;
struct status_set;

/* Make the type known in the state. May raise. */
void http_statuses_open(struct lua_State *L);

/* http.expectedStatuses(status | { min =, max = }, ...) */
int http_statuses_new(struct lua_State *L);

/* The set at `index`; NULL for nil and false: replies cannot fail. `what`
 * names it when it is something else, which raises. */
const struct status_set *http_statuses_check(struct lua_State *L, int index,
                                             const char *what);

#endif
