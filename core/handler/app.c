#include "handler/app.h"

#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handler/exchange.h"
#include "modules/modules.h"
#include "handler/request_object.h"
#include "handler/outbound.h"
#include "handler/reply.h"
#include "http/response.h"
#include "handler/routes.h"
#include "handler/traffic.h"
#include "sample/tables/c_names.h"
#include "script/call.h"
#include "script/os_thread.h"
#include "script/scheduler.h"
#include "script/state.h"

struct app {
    char worker[16]; /* the worker's number as text */
    lua_State *L;
    struct routes *routes;
    struct scheduler *scheduler;
    struct exchanges exchanges;
    struct outbound outbound;
    struct app_env env;
    struct route_traffic **traffic; /* by route number */
};

/* Makes the reply to a request that no route serves: 404, or if other methods
 * have a route 405, and 204 to OPTIONS. */
static struct reply reply_unrouted(const struct app *app,
                                   const struct request *request)
{
    struct buf allow = BUF_INIT;
    bool asks = strcmp(request->method, MHD_HTTP_METHOD_OPTIONS) == 0;
    struct reply no_content = {.status = MHD_HTTP_NO_CONTENT};
    if (asks && strcmp(request->path, "*") == 0)
        return no_content;
    if (!router_allow(routes_router(app->routes), request->path, &allow))
        return reply_text(MHD_HTTP_NOT_FOUND, "Not Found");
    struct reply reply =
        asks ? no_content
             : reply_text(MHD_HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed");
    if (asks) {
        reply.response = response_empty();
        buf_puts(&allow, ", OPTIONS");
    }
    if (reply.response && buf_cstr(&allow))
        MHD_add_response_header(reply.response, MHD_HTTP_HEADER_ALLOW,
                                allow.data);
    buf_fini(&allow);
    return reply;
}

void app_answer(struct app *app, struct request *request)
{
    struct exchange *x = exchange_new(request, app->env.logs_access);
    if (!x) {
        request_answer(request, MHD_HTTP_SERVICE_UNAVAILABLE, NULL);
        return;
    }
    if (!router_find(routes_router(app->routes), request->method, request->path,
                     &x->match)) {
        struct reply reply = reply_unrouted(app, request);
        exchange_answer(x, &reply);
        return;
    }
    x->traffic = app->traffic[x->match.route];
    exchange_start(x, &app->exchanges);
}

struct route_traffic *app_end(struct request *request, const char *worker)
{
    struct exchange *x = request->data;
    if (!x)
        return NULL;
    struct route_traffic *traffic = x->traffic;
    exchange_end(x, worker);
    return traffic;
}

const struct vm_heap *app_heap(const struct app *app)
{
    return script_state_heap(app->L);
}

void app_stop_timers(struct app *app) { scheduler_stop_timers(app->scheduler); }

bool app_is_idle(const struct app *app)
{
    return list_is_empty(&app->exchanges.list) &&
           scheduler_is_idle(app->scheduler);
}

/* stack: app */
static int open_modules(lua_State *L)
{
    struct app *app = lua_touserdata(L, 1);
    request_object_open(L);
    outbound_install(L, &app->outbound);
    return 0;
}

struct app *app_load(const struct app_options *options, struct err *err)
{
    struct app *app = calloc(1, sizeof *app);
    if (!app) {
        err_set(err, "out of memory for an app");
        return NULL;
    }
    snprintf(app->worker, sizeof app->worker, "%d", options->worker);
    app->exchanges.dev = options->dev;
    app->L = script_state_new(options->dir, modules_for_scripts, err);
    if (app->L)
        app->scheduler = scheduler_new(app->L, err);
    if (app->scheduler) {
        lua_pushcfunction(app->L, open_modules);
        lua_pushlightuserdata(app->L, app);
        if (script_call(app->L, 1, 0, err))
            app->routes = routes_load(app->L, options->dir, app->worker, err);
    }
    if (app->routes) {
        c_names_learn(app->L); /* of the modules that were required */
        return app;
    }
    app_free(app);
    return NULL;
}

static void close_scheduler(struct app *app)
{
    if (!app->scheduler)
        return;
    os_threads_stop(app->scheduler);
    scheduler_close(app->scheduler);
    app->scheduler = NULL;
}

void app_free(struct app *app)
{
    close_scheduler(app);
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
            app->env.traffic, routes_pattern(app->routes, (uint32_t)i));
    return app->traffic;
}

bool app_start(struct app *app, const struct app_env *env, struct err *err)
{
    app->env = *env;
    if (!find_traffic(app))
        return err_set(err, "out of memory for an app's counters");
    outbound_start(&app->outbound, env->network);
    scheduler_start(app->scheduler, env->loop, env->mailbox);
    app->exchanges.L = app->L;
    app->exchanges.routes = app->routes;
    app->exchanges.scheduler = app->scheduler;
    app->exchanges.loop = env->loop;
    app->exchanges.worker = app->worker;
    app->exchanges.trusts_baggage = env->trusts_baggage;
    return true;
}

lua_State *app_state(const struct app *app) { return app->L; }

void app_collect(struct app *app) { script_state_collect(app->L); }

void app_stop(struct app *app)
{
    list_each (struct exchange, x, &app->exchanges.list, in_all)
        exchange_stop(x);
    close_scheduler(app);
    outbound_stop(&app->outbound);
}
