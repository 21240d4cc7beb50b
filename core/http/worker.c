#include "http/worker.h"

#include <lua.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "http/exchange.h"
#include "http/module_request.h"
#include "http/peek.h"
#include "http/redirect.h"
#include "http/reply.h"
#include "http/response.h"
#include "http/routes.h"
#include "sample/sampler.h"
#include "script/call.h"
#include "script/scheduler.h"
#include "script/state.h"

#define DRAIN_DEADLINE_MS 5000

struct worker {
    struct worker_options options;
    char name[16]; /* its number as text */
    uv_thread_t thread;
    uv_sem_t ready;
    bool failed; /* to get ready; `err` says why */
    struct err err;
    atomic_uint n_connections; /* those on their way included */
    struct mailbox_message stop_message, stopped_message;

    /* The thread's own from here on. */
    uv_loop_t loop;
    struct mailbox mailbox;
    struct daemon daemon;
    lua_State *L;
    struct routes *routes;
    struct scheduler *scheduler;
    uv_timer_t drain_timer;
    bool is_draining, is_stopped;
};

/* A socket on its way to a worker. */
struct handover {
    struct mailbox_message message;
    struct worker *worker;
    int fd;
};

static void fail(struct exchange *x, const char *message)
{
    struct worker *w = x->worker;
    char quoted[8192];
    log_write(LOG_ERROR, "handler_failed", "route=\"%s\" worker=%s error=%s",
              x->match.pattern->text, w->name,
              log_quote(quoted, sizeof quoted, message));
    request_answer(x->request, MHD_HTTP_INTERNAL_SERVER_ERROR,
                   response_text("%s\n", w->options.dev
                                             ? message
                                             : "Internal Server Error"));
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
    module_request_release(x);
    if (ok)
        request_answer(x->request, reply.status, reply.response);
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
    routes_push_handler(x->worker->routes, co, x->match.route);
    lua_pushvalue(co, 1);
    return 0;
}

static void call_handler(struct exchange *x)
{
    struct worker *w = x->worker;
    struct err err;
    struct task *task = scheduler_take(w->scheduler, &err);
    if (!task) {
        fail(x, err.message);
        return;
    }
    lua_pushcfunction(w->L, push_call);
    lua_pushlightuserdata(w->L, x);
    lua_pushlightuserdata(w->L, task_stack(task));
    if (!script_call(w->L, 2, 0, &err)) {
        task_release(task);
        fail(x, err.message);
        return;
    }
    uint32_t labels =
        routes_labels(w->routes, x->match.route, x->request->method);
    task_start(task, 1, labels, on_done, x);
}

/* Other methods have a route: 405 with those. None has: 404. */
static void answer_unrouted(struct worker *w, struct request *request)
{
    struct buf allow = BUF_INIT;
    if (!router_allow(routes_router(w->routes), request->path, &allow)) {
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

static void on_start(void *ctx, struct request *request)
{
    struct worker *w = ctx;
    if (peek_is_admin_path(request->path, strlen(request->path))) {
        redirect_to_new_connection(request);
        return;
    }
    struct exchange *x = malloc(sizeof *x);
    request->data = x;
    if (!x) {
        request_answer(request, MHD_HTTP_SERVICE_UNAVAILABLE, NULL);
        return;
    }
    x->worker = w;
    x->request = request;
    x->handle = NULL;
    if (router_find(routes_router(w->routes), request->method, request->path,
                    &x->match))
        call_handler(x);
    else
        answer_unrouted(w, request);
}

static void stop_now(struct worker *w)
{
    if (w->is_stopped)
        return;
    w->is_stopped = true;
    scheduler_close(w->scheduler);
    daemon_stop(&w->daemon);
    mailbox_close(&w->mailbox);
    uv_close((uv_handle_t *)&w->drain_timer, NULL);
}

static void on_drain_timer(uv_timer_t *timer) { stop_now(timer->data); }

static void on_end(void *ctx, struct request *request)
{
    struct worker *w = ctx;
    if (request->data)
        module_request_release(request->data);
    free(request->data);
    /* Not from within the daemon: at the loop's next turn. */
    if (w->is_draining && w->daemon.n_active == 0 && !w->is_stopped)
        uv_timer_start(&w->drain_timer, on_drain_timer, 0, 0);
}

static void on_closed(void *ctx)
{
    struct worker *w = ctx;
    atomic_fetch_sub_explicit(&w->n_connections, 1, memory_order_relaxed);
}

static void on_handover(struct mailbox_message *message)
{
    struct handover *handover = (struct handover *)message;
    struct worker *w = handover->worker;
    if (!daemon_add(&w->daemon, handover->fd))
        on_closed(w);
    free(handover);
}

static void on_stop_message(struct mailbox_message *message)
{
    struct worker *w = (struct worker *)((char *)message -
                                         offsetof(struct worker, stop_message));
    w->is_draining = true;
    w->daemon.closes = true;
    uv_timer_start(&w->drain_timer, on_drain_timer,
                   w->daemon.n_active ? DRAIN_DEADLINE_MS : 0, 0);
}

static bool set_up_lua(struct worker *w)
{
    w->L = script_state_new(w->options.dir, &w->err);
    if (!w->L)
        return false;
    lua_pushcfunction(w->L, module_request_open);
    if (!script_call(w->L, 0, 0, &w->err))
        return false;
    w->scheduler = scheduler_new(w->L, &w->loop, &w->err);
    if (!w->scheduler)
        return false;
    w->routes = routes_load(w->L, w->options.dir, w->name, &w->err);
    return w->routes != NULL;
}

static bool set_up(struct worker *w)
{
    const struct daemon_handler handler = {
        .start = on_start, .end = on_end, .closed = on_closed, .ctx = w};
    if (!set_up_lua(w) || !mailbox_open(&w->mailbox, &w->loop, &w->err))
        return false;
    if (!daemon_start(&w->daemon, &w->loop, &handler,
                      w->options.max_connections, &w->err)) {
        mailbox_close(&w->mailbox);
        return false;
    }
    uv_timer_init(&w->loop, &w->drain_timer);
    w->drain_timer.data = w;
    return true;
}

static void tear_down(struct worker *w)
{
    routes_free(w->routes);
    if (w->failed && w->scheduler)
        scheduler_close(w->scheduler);
    if (w->L)
        script_state_free(w->L);
}

static void on_stopped(struct mailbox_message *message)
{
    struct worker *w =
        (struct worker *)((char *)message -
                          offsetof(struct worker, stopped_message));
    w->options.stopped(w->options.ctx);
}

static void run_thread(void *arg)
{
    struct worker *w = arg;
    bool is_attached = sampler_attach_thread(w->name, &w->err);
    w->failed = !is_attached || !set_up(w);
    if (!w->failed) {
        uv_sem_post(&w->ready);
        uv_run(&w->loop, UV_RUN_DEFAULT);
    }
    tear_down(w);
    uv_run(&w->loop, UV_RUN_DEFAULT); /* closes what is left */
    if (is_attached)
        sampler_detach_thread();
    if (w->failed)
        uv_sem_post(&w->ready);
    else
        mailbox_post(w->options.owner, &w->stopped_message);
}

static void free_worker(struct worker *w)
{
    uv_thread_join(&w->thread);
    uv_loop_close(&w->loop);
    uv_sem_destroy(&w->ready);
    free(w);
}

struct worker *worker_start(const struct worker_options *options,
                            struct err *err)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w || uv_loop_init(&w->loop) != 0) {
        free(w);
        err_set(err, "out of memory for a worker");
        return NULL;
    }
    w->options = *options;
    snprintf(w->name, sizeof w->name, "%d", options->number);
    atomic_init(&w->n_connections, 0);
    w->stop_message.deliver = on_stop_message;
    w->stopped_message.deliver = on_stopped;
    uv_sem_init(&w->ready, 0);
    int status = uv_thread_create(&w->thread, run_thread, w);
    if (status) {
        err_set(err, "cannot start a worker: %s", uv_strerror(status));
        uv_loop_close(&w->loop);
        uv_sem_destroy(&w->ready);
        free(w);
        return NULL;
    }
    uv_sem_wait(&w->ready);
    if (!w->failed)
        return w;
    *err = w->err;
    free_worker(w);
    return NULL;
}

void worker_take(struct worker *w, int fd)
{
    struct handover *handover = malloc(sizeof *handover);
    if (!handover) {
        close(fd);
        return;
    }
    *handover = (struct handover){
        .message.deliver = on_handover, .worker = w, .fd = fd};
    atomic_fetch_add_explicit(&w->n_connections, 1, memory_order_relaxed);
    mailbox_post(&w->mailbox, &handover->message);
}

unsigned worker_n_connections(const struct worker *w)
{
    return atomic_load_explicit(&w->n_connections, memory_order_relaxed);
}

void worker_stop(struct worker *w)
{
    mailbox_post(&w->mailbox, &w->stop_message);
}

void worker_join(struct worker *w) { free_worker(w); }
