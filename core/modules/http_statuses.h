/* http_statuses.h -- http.expectedStatuses: the statuses of replies that do not
 * count as failed.
 *
 * Path: module_http.c, http_params.c -> [http_statuses] -> client/status_set.c
 */
#ifndef MODULES_HTTP_STATUSES_H
#define MODULES_HTTP_STATUSES_H

struct lua_State;
struct status_set;

/* Makes the type of status sets known in the state. May raise. */
void http_statuses_open(struct lua_State *L);

/* http.expectedStatuses(status | { min =, max = }, ...) returns a set. */
int http_statuses_new(struct lua_State *L);

/* Returns the set at `index`, or NULL for nil and false, which mean that no
 * reply fails. Raises an error that begins with `what` for any other value. */
const struct status_set *http_statuses_check(struct lua_State *L, int index,
                                             const char *what);

#endif
