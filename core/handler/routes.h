/* routes.h -- the routes of a state: DIR/routes.lua, loaded and compiled.
 *
 * Each route has a handler, which the state's registry keeps, and the labels of
 * its samples: the path of its pattern, the method and the worker. The labels
 * are interned at load time, so a request only reads an id.
 *
 * Path: lua/routes.lua -> app.c -> [routes] -> router.c
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

/* Loads DIR/routes.lua. `worker` is the value of the label `worker`. Returns
 * NULL and sets err, with file and line if they are known, if that fails. [any
 * thread] */
struct routes *routes_load(struct lua_State *L, const char *dir,
                           const char *worker, struct err *err);

/* Frees the routes, before or after lua_close, which frees the handlers. */
void routes_free(struct routes *routes);

/* Returns the router, whose route numbers the functions below take. */
const struct router *routes_router(const struct routes *routes);

/* Returns the number of routes, which are numbered from 0. */
size_t routes_n(const struct routes *routes);

/* Returns a route's pattern as it was given. */
const char *routes_pattern(const struct routes *routes, uint32_t route);

/* Pushes a route's handler. Needs a stack slot, never raises. [worker] */
void routes_push_handler(const struct routes *routes, struct lua_State *L,
                         uint32_t route);

/* Returns the id, as of labels_intern, for requests of this method. */
uint32_t routes_labels(const struct routes *routes, uint32_t route,
                       const char *method);

#endif
