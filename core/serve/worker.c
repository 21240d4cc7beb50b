#include "serve/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "base/list.h"
#include "client/network.h"
#include "handler/app.h"
#include "http/daemon.h"
#include "record/gathering.h"
#include "handler/traffic.h"
#include "http/peek.h"
#include "http/reroute.h"
#include "sample/walk/attach.h"
#include "serve/handover.h"

#define DRAIN_DEADLINE_NS INT64_C(5000000000)
#define DRAIN_POLL_MS 10

struct worker {
    struct worker_options options;
    char name[16]; /* its number as text */
    uv_thread_t thread;
    uv_sem_t ready; /* posted when the worker is ready or has failed */
    bool failed;    /* the start has failed; err is set */
    struct err err;
    struct handover_receiver receiver;
    struct mailbox_message stop_message, stopped_message;
    struct mailbox_message replace_message, retired_message;
    struct mailbox_message collect_message;
    atomic_bool collect_is_posted, is_collecting;
    atomic_uint n_collections;
    unsigned n_collections_asked; /* [owner] */
    atomic_int n_questions;       /* posted and not answered */
    struct app *next;             /* on its way with replace_message */
    struct app *retired;          /* on its way with retired_message */

    /* The worker's thread owns all below. Other threads read start_ns, traffic
     * and the loop's idle time. */
    uv_loop_t loop;
    struct mailbox mailbox;
    struct daemon daemon;
    struct network network; /* for requests that handlers send */
    struct app *app;
    struct app *old; /* was replaced and still has requests, or NULL */
    int64_t start_ns;
    struct traffic traffic;
    uv_timer_t drain_timer, retire_timer;
    int64_t drain_deadline_ns, retire_deadline_ns;
    bool is_draining, is_stopped;
};

static void on_worker_request(void *ctx, struct request *request)
{
    struct worker *w = ctx;
    traffic_start(&w->traffic);
    if (peek_is_admin_path(request->path, strlen(request->path)))
        reroute_to_new_connection(request);
    else
        app_answer(w->app, request);
}

static void close_worker_timers(struct worker *w)
{
    uv_close((uv_handle_t *)&w->drain_timer, NULL);
    uv_close((uv_handle_t *)&w->retire_timer, NULL);
}

static void stop_worker(struct worker *w)
{
    if (w->is_stopped)
        return;
    w->is_stopped = true;
    app_stop(w->app);
    if (w->old)
        app_stop(w->old);
    daemon_stop(&w->daemon);
    network_close(&w->network);
    mailbox_close(&w->mailbox);
    close_worker_timers(w);
}

static bool is_worker_idle(const struct worker *w)
{
    return w->daemon.n_active == 0 && app_is_idle(w->app) &&
           (!w->old || app_is_idle(w->old));
}

static void on_drain_timer(uv_timer_t *timer)
{
    struct worker *w = timer->data;
    if (is_worker_idle(w) || clock_mono_ns() >= w->drain_deadline_ns)
        stop_worker(w);
}

static void on_worker_request_end(void *ctx, struct request *request)
{
    struct worker *w = ctx;
    struct route_traffic *route = app_end(request, w->name);
    traffic_end(&w->traffic, route ? route : &w->traffic.none,
                request->is_answered ? request->status : TRAFFIC_CLIENT_LEFT,
                clock_mono_ns() - request->start_ns);
}

static void on_retired(struct mailbox_message *message)
{
    struct worker *w = container_of(message, struct worker, retired_message);
    w->options.retired(w->options.ctx, w->options.number, w->retired);
}

static void retire_app(struct worker *w, struct app *app)
{
    w->retired = app;
    mailbox_post(w->options.owner, &w->retired_message);
}

/* Retires the old app when it is idle or its time is over. */
static void on_retire_timer(uv_timer_t *timer)
{
    struct worker *w = timer->data;
    struct app *old = w->old;
    if (!app_is_idle(old) && clock_mono_ns() < w->retire_deadline_ns)
        return;
    uv_timer_stop(timer);
    w->old = NULL;
    app_stop(old);
    retire_app(w, old);
}

static bool start_app(struct worker *w, struct app *app, struct err *err)
{
    const struct app_env env = {.loop = &w->loop,
                                .mailbox = &w->mailbox,
                                .network = &w->network,
                                .traffic = &w->traffic,
                                .logs_access = w->options.logs_access,
                                .trusts_baggage = w->options.trusts_baggage};
    return app_start(app, &env, err);
}

static void on_replace(struct mailbox_message *message)
{
    struct worker *w = container_of(message, struct worker, replace_message);
    struct app *app = w->next;
    struct err err;
    if (w->is_draining || !start_app(w, app, &err)) {
        retire_app(w, app); /* the worker keeps its app */
        return;
    }
    w->old = w->app;
    w->app = app;
    app_stop_timers(w->old);
    w->retire_deadline_ns = clock_mono_ns() + DRAIN_DEADLINE_NS;
    uv_timer_start(&w->retire_timer, on_retire_timer, 0, DRAIN_POLL_MS);
}

static void on_connection_closed(void *ctx)
{
    struct worker *w = ctx;
    handover_receiver_closed(&w->receiver);
}

/* Starts the request of a new connection before the next connection is picked
 * up, because libmicrohttpd gives no connection back. */
static void serve_socket(void *ctx, int fd)
{
    struct worker *w = ctx;
    if (daemon_add(&w->daemon, fd))
        daemon_run(&w->daemon);
    else
        on_connection_closed(w);
}

static void on_collect_message(struct mailbox_message *message)
{
    struct worker *w = container_of(message, struct worker, collect_message);
    atomic_store(&w->collect_is_posted, false);
    atomic_store(&w->is_collecting, true);
    app_collect(w->app);
    if (w->old)
        app_collect(w->old);
    atomic_fetch_add(&w->n_collections, 1);
    atomic_store(&w->is_collecting, false);
}

/* A question on its way to a worker. */
struct question {
    struct mailbox_message message;
    struct worker *worker;
    struct gathering *gathering;
};

static void on_worker_question(struct mailbox_message *message)
{
    struct question *question = container_of(message, struct question, message);
    struct worker *w = question->worker;
    if (!w->is_stopped) {
        gathering_take(question->gathering, app_state(w->app));
        if (w->old)
            gathering_take(question->gathering, app_state(w->old));
    }
    atomic_fetch_sub(&w->n_questions, 1);
    gathering_answer(question->gathering);
    free(question);
}

static void on_stop_message(struct mailbox_message *message)
{
    struct worker *w = container_of(message, struct worker, stop_message);
    w->is_draining = true;
    w->daemon.closes = true;
    app_stop_timers(w->app);
    w->drain_deadline_ns = clock_mono_ns() + DRAIN_DEADLINE_NS;
    uv_timer_start(&w->drain_timer, on_drain_timer, 0, DRAIN_POLL_MS);
}

static bool set_up_worker(struct worker *w)
{
    const struct daemon_handler handler = {.start = on_worker_request,
                                           .end = on_worker_request_end,
                                           .closed = on_connection_closed,
                                           .ctx = w};
    if (!mailbox_open(&w->mailbox, &w->loop, &w->err))
        return false;
    network_init(&w->network, &w->loop);
    uv_timer_init(&w->loop, &w->drain_timer);
    uv_timer_init(&w->loop, &w->retire_timer);
    w->drain_timer.data = w->retire_timer.data = w;
    if (daemon_start(&w->daemon, &w->loop, &handler, &w->options.limits,
                     &w->err)) {
        if (start_app(w, w->app, &w->err))
            return true;
        daemon_stop(&w->daemon);
    }
    network_close(&w->network);
    mailbox_close(&w->mailbox);
    close_worker_timers(w);
    return false;
}

static void on_stopped(struct mailbox_message *message)
{
    struct worker *w = container_of(message, struct worker, stopped_message);
    w->options.stopped(w->options.ctx);
}

static void run_worker(void *arg)
{
    struct worker *w = arg;
    bool is_attached = attach_thread(w->name, &w->err);
    w->failed = !is_attached || !set_up_worker(w);
    if (!w->failed) {
        uv_sem_post(&w->ready);
        uv_run(&w->loop, UV_RUN_DEFAULT);
    }
    uv_run(&w->loop, UV_RUN_DEFAULT); /* closes the handles that are left */
    app_free(w->app);
    if (w->old)
        app_free(w->old);
    network_fini(&w->network);
    if (is_attached)
        detach_thread();
    if (w->failed)
        uv_sem_post(&w->ready);
    else
        mailbox_post(w->options.owner, &w->stopped_message);
}

static void free_worker(struct worker *w)
{
    uv_thread_join(&w->thread);
    traffic_fini(&w->traffic);
    uv_loop_close(&w->loop);
    uv_sem_destroy(&w->ready);
    free(w);
}

struct worker *worker_start(const struct worker_options *options,
                            struct app *app, struct err *err)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w || uv_loop_init(&w->loop) != 0) {
        free(w);
        app_free(app);
        err_set(err, "out of memory for a worker");
        return NULL;
    }
    w->options = *options;
    w->app = app;
    snprintf(w->name, sizeof w->name, "%d", options->number);
    traffic_init(&w->traffic);
    uv_loop_configure(&w->loop, UV_METRICS_IDLE_TIME);
    w->start_ns = clock_mono_ns();
    w->receiver = (struct handover_receiver){
        .mailbox = &w->mailbox, .serve = serve_socket, .ctx = w};
    w->stop_message.deliver = on_stop_message;
    w->stopped_message.deliver = on_stopped;
    w->replace_message.deliver = on_replace;
    w->retired_message.deliver = on_retired;
    w->collect_message.deliver = on_collect_message;
    uv_sem_init(&w->ready, 0);
    int status = uv_thread_create(&w->thread, run_worker, w);
    if (status) {
        err_set(err, "cannot start a worker: %s", uv_strerror(status));
        app_free(app);
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

struct handover_receiver *worker_receiver(struct worker *w)
{
    return &w->receiver;
}

const struct traffic *worker_traffic(const struct worker *w)
{
    return &w->traffic;
}

int64_t worker_idle_ns(struct worker *w)
{
    return (int64_t)uv_metrics_idle_time(&w->loop);
}

int64_t worker_busy_ns(struct worker *w)
{
    return clock_mono_ns() - w->start_ns - worker_idle_ns(w);
}

int64_t worker_cpu_ns(const struct worker *w)
{
    clockid_t clock;
    if (pthread_getcpuclockid(w->thread, &clock) != 0)
        return 0;
    return clock_read_ns(clock);
}

void worker_replace(struct worker *w, struct app *app)
{
    w->next = app;
    mailbox_post(&w->mailbox, &w->replace_message);
}

void worker_collect(struct worker *w)
{
    if (atomic_exchange(&w->collect_is_posted, true))
        return; /* the worker has yet to do an earlier one */
    w->n_collections_asked++;
    mailbox_post(&w->mailbox, &w->collect_message);
}

bool worker_has_collected(const struct worker *w)
{
    return atomic_load(&w->n_collections) == w->n_collections_asked;
}

bool worker_is_collecting(const struct worker *w)
{
    return atomic_load(&w->is_collecting);
}

bool worker_gather(struct worker *w, struct gathering *gathering)
{
    if (atomic_load(&w->n_questions) >= WORKER_MAX_QUESTIONS)
        return false;
    struct question *question = malloc(sizeof *question);
    if (!question)
        return false;
    *question = (struct question){.message.deliver = on_worker_question,
                                  .worker = w,
                                  .gathering = gathering};
    atomic_fetch_add(&w->n_questions, 1);
    gathering_ask(gathering);
    mailbox_post(&w->mailbox, &question->message);
    return true;
}

void worker_stop(struct worker *w)
{
    mailbox_post(&w->mailbox, &w->stop_message);
}

void worker_join(struct worker *w) { free_worker(w); }
