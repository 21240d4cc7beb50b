#include "handler/exchange.h"

#include <lua.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "handler/access_log.h"
#include "handler/baggage.h"
#include "http/client_watch.h"
#include "handler/request_object.h"
#include "handler/stream_body.h"
#include "handler/reply.h"
#include "handler/routes.h"
#include "handler/stream.h"
#include "handler/traffic.h"
#include "sample/walk/context.h"
#include "sample/walk/slow_requests.h"
#include "sample/session/trace.h"
#include "script/call.h"
#include "script/scheduler.h"

static void add_to_exchanges(struct exchanges *all, struct exchange *x)
{
    x->all = all;
    list_prepend(&all->list, &x->in_all);
}

static void stop_client_watch(struct exchange *x)
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

/* The script's `req` and `write` may be collected once the task is over. */
static void release_handles(struct exchange *x)
{
    request_object_release(x);
    stream_body_release(x);
}

/* Ends the script's part, whether its task has ended or not. */
static void detach_script(struct exchange *x)
{
    if (!x->all)
        return;
    stop_client_watch(x);
    end_task(x);
    x->all = NULL;
    release_handles(x);
    list_remove(&x->in_all);
}

void exchange_answer(struct exchange *x, const struct reply *reply)
{
    if (x->access)
        x->access->n_body_bytes = reply->n_bytes;
    request_answer(x->request, reply->status, reply->response);
    detach_script(x);
}

static void answer_text(struct exchange *x, unsigned status, const char *line)
{
    struct reply reply = reply_text(status, line);
    exchange_answer(x, &reply);
}

static void log_handler_failure(const struct exchange *x, const char *message)
{
    log_write(LOG_ERROR, "handler_failed",
              LOG_FIELDS(log_text("route", x->match.pattern->text),
                         log_text("worker", x->all->worker),
                         log_text("error", message)));
}

static void answer_failure(struct exchange *x, const char *message)
{
    log_handler_failure(x, message);
    answer_text(x, MHD_HTTP_INTERNAL_SERVER_ERROR,
                x->all->dev ? message : "Internal Server Error");
}

static void on_exchange_client_left(void *ctx)
{
    struct exchange *x = ctx;
    if (x->stream)
        stream_end(x->stream, false);
    else
        request_drop(x->request);
    detach_script(x);
}

static void run_task(struct exchange *x, task_done_fn done)
{
    if (x->access)
        task_account(x->task, &x->access->usage);
    task_set_request(x->task, &x->sampled);
    task_start(x->task, 1, x->labels, done, x);
    bool waits = x->task && (!x->stream || x->is_started);
    if (waits)
        x->watch = client_watch_start(x->all->loop, x->request,
                                      on_exchange_client_left, x);
}

static void on_stream_done(void *ctx, lua_State *co, const struct err *failure)
{
    struct exchange *x = ctx;
    x->task = NULL;
    if (!co)
        return;
    stop_client_watch(x);
    release_handles(x);
    if (failure)
        log_handler_failure(x, failure->message);
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

/* Pushes `req`, which stays alive there, the body's function and its argument
 * onto the coroutine of the stream's task. stack: req, ..., exchange */
static int push_stream_call(lua_State *co)
{
    struct exchange *x = lua_touserdata(co, -1);
    lua_State *to = task_stack(x->task);
    lua_pushvalue(co, 1);
    stream_body_push_call(co, 2, x);
    lua_xmove(co, to, 4);
    return 0;
}

/* Answers with a stream. stack of co: req, results... */
static void answer_stream(struct exchange *x, lua_State *co,
                          const struct reply *reply)
{
    struct err err;
    x->stream = reply->stream;
    x->labels = context_labels(); /* with those that the handler has set */
    x->task = scheduler_take(x->all->scheduler, &err);
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
    answer_failure(x, err.message);
}

/* stack of co: req, results... or ..., error value */
static void on_handler_done(void *ctx, lua_State *co, const struct err *failure)
{
    struct exchange *x = ctx;
    struct reply reply;
    struct err err;
    bool ok;
    x->task = NULL;
    if (!co)
        return;
    stop_client_watch(x);
    if (failure) {
        err = *failure;
        ok = reply_from_error(co, &reply, &err);
    } else {
        ok = reply_from_results(co, 2, &reply, &err);
    }
    if (!ok)
        answer_failure(x, err.message);
    else if (reply.stream)
        answer_stream(x, co, &reply);
    else
        exchange_answer(x, &reply);
}

/* Pushes `req`, which stays alive there, the handler and its argument onto the
 * coroutine. stack: exchange, coroutine */
static int push_handler_call(lua_State *L)
{
    struct exchange *x = lua_touserdata(L, 1);
    lua_State *co = lua_touserdata(L, 2);
    request_object_push(L, x);
    lua_xmove(L, co, 1);
    routes_push_handler(x->all->routes, co, x->match.route);
    lua_pushvalue(co, 1);
    return 0;
}

static void call_handler(struct exchange *x)
{
    struct exchanges *all = x->all;
    struct err err;
    struct task *task = scheduler_take(all->scheduler, &err);
    if (!task) {
        answer_failure(x, err.message);
        return;
    }
    lua_pushcfunction(all->L, push_handler_call);
    lua_pushlightuserdata(all->L, x);
    lua_pushlightuserdata(all->L, task_stack(task));
    if (!script_call(all->L, 2, 0, &err)) {
        task_release(task);
        answer_failure(x, err.message);
        return;
    }
    x->task = task;
    x->labels = routes_labels(all->routes, x->match.route, x->request->method);
    if (all->trusts_baggage)
        x->labels = baggage_add_labels(x->request->connection, x->labels);
    run_task(x, on_handler_done);
}

static void begin_access(struct exchange *x)
{
    x->access = access_log_begin(x->request);
    if (x->access)
        x->request->id = x->access->id;
}

struct exchange *exchange_new(struct request *request, bool logs_access)
{
    struct exchange *x = calloc(1, sizeof *x);
    request->data = x;
    if (!x)
        return NULL;
    x->request = request;
    slow_requests_begin(&x->sampled, request->start_ns);
    if (logs_access)
        begin_access(x);
    return x;
}

void exchange_start(struct exchange *x, struct exchanges *all)
{
    add_to_exchanges(all, x);
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

static void trace_request(const struct exchange *x)
{
    const struct request *request = x->request;
    const struct trace_event event = {
        .kind = TRACE_REQUEST,
        .start_ns = x->sampled.number,
        .end_ns = clock_mono_ns(),
        .number = x->sampled.number,
        .is_request = true,
        .labels = x->labels,
        .seen = x->sampled.traced,
        .status =
            request->is_answered ? (int)request->status : TRAFFIC_CLIENT_LEFT,
    };
    trace_add(&event);
}

void exchange_end(struct exchange *x, const char *worker)
{
    detach_script(x);
    slow_requests_end(&x->sampled);
    if (trace_is_open())
        trace_request(x);
    if (x->access)
        end_access(x, worker);
    stream_free(x->stream);
    free(x);
}

void exchange_stop(struct exchange *x)
{
    if (!x->stream) {
        answer_text(x, MHD_HTTP_SERVICE_UNAVAILABLE, "Service Unavailable");
        return;
    }
    stream_end(x->stream, false);
    detach_script(x);
}
