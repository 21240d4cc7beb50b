#include "http/app.h"

#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "http/access_log.h"
#include "http/client_watch.h"
#include "http/exchange.h"
#include "http/module_request.h"
#include "http/module_stream.h"
#include "http/outbound.h"
#include "http/reply.h"
#include "http/response.h"
#include "http/routes.h"
#include "http/stream.h"
#include "http/traffic.h"
#include "script/call.h"
#include "script/scheduler.h"
#include "script/state.h"

struct app {
    char worker[16]; /* its number as text */
    bool dev;
    lua_State *L;
    struct routes *routes;
    struct scheduler *scheduler;
    struct exchange *exchanges; /* without an answer yet */
    struct outbound outbound;
    struct app_host host;
    struct route_traffic **traffic; /* by route */
};

static void remember(struct app *app, struct exchange *x)
{
    x->app = app;
    x->next = app->exchanges;
    if (x->next)
        x->next->prev = x;
    app->exchanges = x;
}

static void stop_watching(struct exchange *x)
{
    client_watch_stop(x->watch);
    x->watch = NULL;
}

static void end_task(struct exchange *x)
{
    if (!x->task)
        return;
    if (x->stream && !x->is_started)
        task_release(x->task);
    else
        task_abort(x->task);
    x->task = NULL;
}

/* The script is done with it, or has to be. */
static void forget(struct exchange *x)
{
    struct app *app = x->app;
    if (!app)
        return;
    stop_watching(x);
    end_task(x);
    x->app = NULL;
    module_request_release(x);
    module_stream_release(x);
    if (x->prev)
        x->prev->next = x->next;
    else
        app->exchanges = x->next;
    if (x->next)
        x->next->prev = x->prev;
}

static void answer(struct exchange *x, const struct reply *reply)
{
    if (x->access)
        x->access->n_body_bytes = reply->n_bytes;
    request_answer(x->request, reply->status, reply->response);
    forget(x);
}

static void answer_text(struct exchange *x, unsigned status, const char *line)
{
    struct reply reply = reply_text(status, line);
    answer(x, &reply);
}

static void log_failure(const struct exchange *x, const char *message)
{
    log_write(LOG_ERROR, "handler_failed",
              LOG_FIELDS(log_text("route", x->match.pattern->text),
                         log_text("worker", x->app->worker),
                         log_text("error", message)));
}

static void fail(struct exchange *x, const char *message)
{
    log_failure(x, message);
    answer_text(x, MHD_HTTP_INTERNAL_SERVER_ERROR,
                x->app->dev ? message : "Internal Server Error");
}

static void on_client_left(void *ctx)
{
    struct exchange *x = ctx;
    if (x->stream)
        stream_end(x->stream, false);
    else
        request_drop(x->request);
    forget(x);
}

static uint32_t labels_of(const struct exchange *x)
{
    return routes_labels(x->app->routes, x->match.route, x->request->method);
}

static void run_task(struct exchange *x, task_done_fn done)
{
    if (x->access)
        task_account(x->task, &x->access->usage);
    task_start(x->task, 1, labels_of(x), done, x);
    bool waits = x->task && (!x->stream || x->is_started);
    if (waits)
        x->watch = client_watch_start(x->app->host.loop, x->request,
                                      on_client_left, x);
}

static void on_stream_done(void *ctx, lua_State *co, const struct err *failure)
{
    struct exchange *x = ctx;
    x->task = NULL;
    if (!co)
        return;
    stop_watching(x);
    if (failure)
        log_failure(x, failure->message);
    stream_end(x->stream, !failure);
}

static void on_stream_wanted(void *ctx)
{
    struct exchange *x = ctx;
    if (!x->is_started) {
        x->is_started = true;
        run_task(x, on_stream_done);
    } else if (x->is_blocked) {
        x->is_blocked = false;
        task_wake(x->task);
    }
}

/* Put `req`, which stays, the body's function and its argument on another
 * coroutine. stack: req, ..., exchange */
static int push_stream_call(lua_State *co)
{
    struct exchange *x = lua_touserdata(co, -1);
    lua_State *to = task_stack(x->task);
    lua_pushvalue(co, 1);
    module_stream_push_call(co, 2, x);
    lua_xmove(co, to, 3);
    return 0;
}

/* Answer with a stream. The coroutine's stack: req, results... */
static void answer_stream(struct exchange *x, lua_State *co,
                          const struct reply *reply)
{
    struct err err;
    x->stream = reply->stream;
    x->task = scheduler_take(x->app->scheduler, &err);
    if (x->task) {
        lua_settop(co, reply->body);
        lua_pushcfunction(co, push_stream_call);
        lua_pushvalue(co, 1);
        lua_pushvalue(co, reply->body);
        lua_pushlightuserdata(co, x);
        if (script_call(co, 3, 0, &err)) {
            stream_start(x->stream, x->request, on_stream_wanted, x);
            request_answer(x->request, reply->status, reply->response);
            return;
        }
    }
    MHD_destroy_response(reply->response);
    fail(x, err.message);
}

/* The coroutine's stack: req, results... or ..., error value */
static void on_done(void *ctx, lua_State *co, const struct err *failure)
{
    struct exchange *x = ctx;
    struct reply reply;
    struct err err;
    bool ok;
    x->task = NULL;
    if (!co)
        return;
    stop_watching(x);
    if (failure) {
        ok = reply_from_error(co, &reply);
        if (!ok)
            err = *failure;
    } else {
        ok = reply_from_results(co, 2, &reply, &err);
    }
    if (!ok)
        fail(x, err.message);
    else if (reply.stream && reply.response)
        answer_stream(x, co, &reply);
    else
        answer(x, &reply);
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
    x->task = task;
    run_task(x, on_done);
}

/* Other methods have a route: 405 with those, or 204 to OPTIONS. None has:
 * 404. */
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

static void begin_access(struct exchange *x)
{
    x->access = access_log_begin(x->request);
    if (x->access)
        x->request->id = x->access->id;
}

void app_answer(struct app *app, struct request *request)
{
    struct exchange *x = calloc(1, sizeof *x);
    request->data = x;
    if (!x) {
        request_answer(request, MHD_HTTP_SERVICE_UNAVAILABLE, NULL);
        return;
    }
    x->request = request;
    if (app->host.logs_access)
        begin_access(x);
    if (!router_find(routes_router(app->routes), request->method, request->path,
                     &x->match)) {
        struct reply reply = reply_unrouted(app, request);
        answer(x, &reply);
        return;
    }
    x->traffic = app->traffic[x->match.route];
    remember(app, x);
    call_handler(x);
}

static void end_access(struct exchange *x, const char *worker)
{
    if (x->stream)
        x->access->n_body_bytes = stream_n_sent(x->stream);
    access_log_end(x->access, x->request, x->traffic ? x->traffic->route : "",
                   worker);
    free(x->access);
}

struct route_traffic *app_end(struct request *request, const char *worker)
{
    struct exchange *x = request->data;
    if (!x)
        return NULL;
    struct route_traffic *traffic = x->traffic;
    forget(x);
    if (x->access)
        end_access(x, worker);
    stream_free(x->stream);
    free(x);
    return traffic;
}

const struct vm_heap *app_heap(const struct app *app)
{
    return script_state_heap(app->L);
}

void app_quiet(struct app *app) { scheduler_quiet(app->scheduler); }

bool app_is_idle(const struct app *app)
{
    return !app->exchanges && scheduler_is_idle(app->scheduler);
}

/* stack: app */
static int open_modules(lua_State *L)
{
    struct app *app = lua_touserdata(L, 1);
    module_request_open(L);
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
    app->dev = options->dev;
    app->L = script_state_new(options->dir, err);
    if (app->L)
        app->scheduler = scheduler_new(app->L, err);
    if (app->scheduler) {
        lua_pushcfunction(app->L, open_modules);
        lua_pushlightuserdata(app->L, app);
        if (script_call(app->L, 1, 0, err))
            app->routes = routes_load(app->L, options->dir, app->worker, err);
    }
    if (app->routes)
        return app;
    app_free(app);
    return NULL;
}

void app_free(struct app *app)
{
    if (app->scheduler)
        scheduler_close(app->scheduler);
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
    outbound_start(&app->outbound, host->network);
    scheduler_start(app->scheduler, host->loop);
    return true;
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
        log_write(LOG_ERROR, "collection_failed",
                  LOG_FIELDS(log_text("worker", app->worker)));
}

static void stop_exchange(struct exchange *x)
{
    if (!x->stream) {
        answer_text(x, MHD_HTTP_SERVICE_UNAVAILABLE, "Service Unavailable");
        return;
    }
    stream_end(x->stream, false);
    forget(x);
}

void app_stop(struct app *app)
{
    while (app->exchanges)
        stop_exchange(app->exchanges);
    scheduler_close(app->scheduler);
    app->scheduler = NULL;
    outbound_stop(&app->outbound);
}
