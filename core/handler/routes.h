/* routes.h -- DIR/routes.lua, loaded into a worker's state and compiled: a
 * router, and for each route its handler and the labels of its samples.
 *
 * Path: lua/routes.lua -> [routes] -> worker.c
 */
#ifndef HANDLER_ROUTES_H
#define HANDLER_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "handler/router.h"

struct lua_State;
struct routes;

/* `worker` is the value of the label of that name. NULL and err, with file and
 * line where there is one. */
struct routes *routes_load(struct lua_State *L, const char *dir,
                           const char *worker, struct err *err);

/* Not needed before lua_close: the handlers go with the state. */
void routes_free(struct routes *routes);

const struct router *routes_router(const struct routes *routes);

/* Routes are numbered from 0. */
size_t routes_n(const struct routes *routes);
const char *routes_pattern(const struct routes *routes, uint32_t route);

/* Push a route's handler. Needs a stack slot, never raises. */
void routes_push_handler(const struct routes *routes, struct lua_State *L,
                         uint32_t route);

/* The id, of labels_intern, for requests of this method. */
uint32_t routes_labels(const struct routes *routes, uint32_t route,
                       const char *method);

#endif
