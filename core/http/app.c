#include "http/app.h"

#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "http/exchange.h"
#include "http/traffic.h"
#include "http/module_request.h"
#include "http/reply.h"
#include "http/response.h"
#include "http/routes.h"
#include "script/call.h"
#include "script/scheduler.h"
#include "script/state.h"

struct app {
    char worker[16]; /* its number as text */
    bool dev;
    lua_State *L;
    struct routes *routes;
    struct scheduler *scheduler; /* NULL unless it serves */
    struct exchange *exchanges;  /* without an answer yet */
    struct app_host host;
    struct route_traffic **traffic; /* by route */
};

static void remember(struct app *app, struct exchange *x)
{
    x->app = app;
    x->prev = NULL;
    x->next = app->exchanges;
    if (x->next)
        x->next->prev = x;
    app->exchanges = x;
}

/* It has its answer, or will never have one: its script is done with it. */
static void forget(struct exchange *x)
{
    struct app *app = x->app;
    if (!app)
        return;
    x->app = NULL;
    module_request_release(x);
    if (x->prev)
        x->prev->next = x->next;
    else
        app->exchanges = x->next;
    if (x->next)
        x->next->prev = x->prev;
    if (!app->exchanges)
        app->host.idle(app->host.ctx);
}

static void answer(struct exchange *x, unsigned status,
                   struct MHD_Response *response)
{
    request_answer(x->request, status, response);
    forget(x);
}

static void fail(struct exchange *x, const char *message)
{
    const struct app *app = x->app;
    char quoted[8192];
    log_write(LOG_ERROR, "handler_failed", "route=\"%s\" worker=%s error=%s",
              x->match.pattern->text, app->worker,
              log_quote(quoted, sizeof quoted, message));
    answer(x, MHD_HTTP_INTERNAL_SERVER_ERROR,
           response_text("%s\n", app->dev ? message : "Internal Server Error"));
}

/* The coroutine's stack: req, results... or ..., error value */
static void on_done(void *ctx, lua_State *co, const struct err *failure)
{
    struct exchange *x = ctx;
    struct reply reply;
    struct err err;
    bool ok;
    if (failure) {
        ok = reply_from_error(co, &reply);
        if (!ok)
            err = *failure;
    } else {
        ok = reply_from_results(co, 2, &reply, &err);
    }
    if (ok)
        answer(x, reply.status, reply.response);
    else
        fail(x, err.message);
}

/* Put `req`, which stays, the handler and its argument on the coroutine.
 * stack: exchange, coroutine */
static int push_call(lua_State *L)
{
    struct exchange *x = lua_touserdata(L, 1);
    lua_State *co = lua_touserdata(L, 2);
    module_request_push(L, x);
    lua_xmove(L, co, 1);
    routes_push_handler(x->app->routes, co, x->match.route);
    lua_pushvalue(co, 1);
    return 0;
}

static void call_handler(struct exchange *x)
{
    struct app *app = x->app;
    struct err err;
    struct task *task = scheduler_take(app->scheduler, &err);
    if (!task) {
        fail(x, err.message);
        return;
    }
    lua_pushcfunction(app->L, push_call);
    lua_pushlightuserdata(app->L, x);
    lua_pushlightuserdata(app->L, task_stack(task));
    if (!script_call(app->L, 2, 0, &err)) {
        task_release(task);
        fail(x, err.message);
        return;
    }
    uint32_t labels =
        routes_labels(app->routes, x->match.route, x->request->method);
    task_start(task, 1, labels, on_done, x);
}

/* Other methods have a route: 405 with those. None has: 404. */
static void answer_unrouted(const struct app *app, struct request *request)
{
    struct buf allow = BUF_INIT;
    if (!router_allow(routes_router(app->routes), request->path, &allow)) {
        request_answer(request, MHD_HTTP_NOT_FOUND,
                       response_text("Not Found\n"));
        return;
    }
    struct MHD_Response *response = response_text("Method Not Allowed\n");
    if (response && buf_cstr(&allow))
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow.data);
    buf_fini(&allow);
    request_answer(request, MHD_HTTP_METHOD_NOT_ALLOWED, response);
}

void app_answer(struct app *app, struct request *request)
{
    struct exchange *x = malloc(sizeof *x);
    request->data = x;
    if (!x) {
        request_answer(request, MHD_HTTP_SERVICE_UNAVAILABLE, NULL);
        return;
    }
    x->app = NULL;
    x->request = request;
    x->handle = NULL;
    x->traffic = NULL;
    if (!router_find(routes_router(app->routes), request->method, request->path,
                     &x->match)) {
        answer_unrouted(app, request);
        return;
    }
    x->traffic = app->traffic[x->match.route];
    remember(app, x);
    call_handler(x);
}

struct route_traffic *app_end(struct request *request)
{
    struct exchange *x = request->data;
    if (!x)
        return NULL;
    struct route_traffic *traffic = x->traffic;
    forget(x);
    free(x);
    return traffic;
}

const struct vm_heap *app_heap(const struct app *app)
{
    return script_state_heap(app->L);
}

bool app_is_idle(const struct app *app) { return !app->exchanges; }

struct app *app_load(const struct app_options *options, struct err *err)
{
    struct app *app = calloc(1, sizeof *app);
    if (!app) {
        err_set(err, "out of memory for an app");
        return NULL;
    }
    snprintf(app->worker, sizeof app->worker, "%d", options->worker);
    app->dev = options->dev;
    app->L = script_state_new(options->dir, err);
    if (app->L) {
        lua_pushcfunction(app->L, module_request_open);
        if (script_call(app->L, 0, 0, err))
            app->routes = routes_load(app->L, options->dir, app->worker, err);
    }
    if (app->routes)
        return app;
    app_free(app);
    return NULL;
}

void app_free(struct app *app)
{
    routes_free(app->routes);
    free(app->traffic);
    if (app->L)
        script_state_free(app->L);
    free(app);
}

static bool find_traffic(struct app *app)
{
    size_t n = routes_n(app->routes);
    app->traffic = calloc(n + 1, sizeof(struct route_traffic *));
    for (size_t i = 0; app->traffic && i < n; i++)
        app->traffic[i] = traffic_route(
            app->host.traffic, routes_pattern(app->routes, (uint32_t)i));
    return app->traffic;
}

bool app_start(struct app *app, const struct app_host *host, struct err *err)
{
    app->host = *host;
    if (!find_traffic(app))
        return err_set(err, "out of memory for an app's counters");
    app->scheduler = scheduler_new(app->L, host->loop, err);
    return app->scheduler != NULL;
}

static int collect(lua_State *L)
{
    lua_gc(L, LUA_GCCOLLECT);
    return 0;
}

void app_collect(struct app *app)
{
    struct err err;
    lua_pushcfunction(app->L, collect);
    if (!script_call(app->L, 0, 0, &err))
        log_write(LOG_ERROR, "collection_failed", "worker=%s", app->worker);
}

void app_stop(struct app *app)
{
    scheduler_close(app->scheduler);
    app->scheduler = NULL;
    while (app->exchanges)
        answer(app->exchanges, MHD_HTTP_SERVICE_UNAVAILABLE,
               response_text("Service Unavailable\n"));
}
