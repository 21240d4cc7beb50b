#include "handler/routes.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample/tables/labels.h"
#include "script/call.h"
#include "script/state.h"

/* The methods that have a label of their own. All others share one label,
 * because clients can invent methods and labels live as long as the process. */
static const char *const methods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                      "PATCH", "DELETE", "OPTIONS"};
#define N_METHODS (sizeof methods / sizeof *methods)

struct route {
    char *pattern;
    int handler;                    /* reference in the registry */
    uint32_t labels[N_METHODS + 1]; /* the last: any other method */
};

struct routes {
    struct router *router;
    struct route *list;
    size_t n;
};

static size_t method_position(const char *method)
{
    size_t i = 0;
    while (i < N_METHODS && strcmp(methods[i], method) != 0)
        i++;
    return i;
}

static int compare_patterns(const void *a, const void *b)
{
    return strcmp(((const struct route *)a)->pattern,
                  ((const struct route *)b)->pattern);
}

static size_t count_pairs(lua_State *L)
{
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        n++;
    return n;
}

/* Moves the pairs of the table into routes->list. stack: routes, table */
static int collect_routes(lua_State *L)
{
    struct routes *routes = lua_touserdata(L, 1);
    if (!lua_istable(L, 2))
        return luaL_error(L, "must return a table of routes, got %s",
                          luaL_typename(L, 2));
    routes->list = calloc(count_pairs(L) + 1, sizeof *routes->list);
    if (!routes->list)
        return luaL_error(L, "out of memory");
    for (lua_pushnil(L); lua_next(L, 2);) {
        if (lua_type(L, -2) != LUA_TSTRING)
            return luaL_error(L, "a pattern must be a string, got %s",
                              luaL_typename(L, -2));
        const char *pattern = lua_tostring(L, -2);
        if (!lua_isfunction(L, -1))
            return luaL_error(L, "route '%s' must be a function, got %s",
                              pattern, luaL_typename(L, -1));
        struct route *route = &routes->list[routes->n];
        route->handler = luaL_ref(L, LUA_REGISTRYINDEX);
        route->pattern = strdup(pattern);
        if (!route->pattern)
            return luaL_error(L, "out of memory");
        routes->n++;
    }
    return 0;
}

static void intern_labels(struct route *route, const char *worker)
{
    const char *slash = strchr(route->pattern, '/');
    size_t method_len = strcspn(route->pattern, " /");
    for (size_t i = 0; i <= N_METHODS; i++) {
        /* A route of one method needs only that method's label. A route of GET
         * serves HEAD too. */
        const char *method = i < N_METHODS ? methods[i] : "other";
        bool serves = method_len == 0 || i == N_METHODS ||
                      strncmp(route->pattern, method, method_len) == 0 ||
                      (strncmp(route->pattern, "GET ", 4) == 0 &&
                       strcmp(method, "HEAD") == 0);
        struct label labels[] = {
            {"route", slash}, {"method", method}, {"worker", worker}};
        if (serves)
            route->labels[i] = labels_intern(labels, 3);
    }
}

static bool compile_routes(struct routes *routes, const char *worker,
                           struct err *err)
{
    qsort(routes->list, routes->n, sizeof *routes->list, compare_patterns);
    for (size_t i = 0; i < routes->n; i++) {
        struct route *route = &routes->list[i];
        if (!router_add(routes->router, route->pattern, (uint32_t)i, err))
            return false;
        intern_labels(route, worker);
    }
    return true;
}

/* Removes the traceback from a message that collect_routes has raised, because
 * none of its lines is of the script. */
static void cut_traceback(struct err *err)
{
    char *end = strstr(err->message, "\nstack traceback:");
    if (end)
        *end = '\0';
}

struct routes *routes_load(lua_State *L, const char *dir, const char *worker,
                           struct err *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/routes.lua", dir);
    struct routes *routes = calloc(1, sizeof *routes);
    if (!routes || !(routes->router = router_new())) {
        free(routes);
        err_set(err, "out of memory");
        return NULL;
    }
    lua_pushcfunction(L, collect_routes);
    lua_pushlightuserdata(L, routes);
    /* stack: collect_routes, routes */
    if (!script_run_file(L, path, 0, 1, err)) {
        lua_pop(L, 2);
        goto failed;
    }
    /* stack: collect_routes, routes, table */
    if (!script_call(L, 2, 0, err)) {
        cut_traceback(err);
        err_prefix(err, "%s: ", path);
        goto failed;
    }
    if (compile_routes(routes, worker, err))
        return routes;
    err_prefix(err, "%s: ", path);
failed:
    routes_free(routes);
    return NULL;
}

void routes_free(struct routes *routes)
{
    if (!routes)
        return;
    router_free(routes->router);
    for (size_t i = 0; i < routes->n; i++)
        free(routes->list[i].pattern);
    free(routes->list);
    free(routes);
}

const struct router *routes_router(const struct routes *routes)
{
    return routes->router;
}

size_t routes_n(const struct routes *routes) { return routes->n; }

const char *routes_pattern(const struct routes *routes, uint32_t route)
{
    return routes->list[route].pattern;
}

void routes_push_handler(const struct routes *routes, lua_State *L,
                         uint32_t route)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, routes->list[route].handler);
}

uint32_t routes_labels(const struct routes *routes, uint32_t route,
                       const char *method)
{
    return routes->list[route].labels[method_position(method)];
}
