#include "serve/server.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/signals.h"
#include "export/export_queue.h"
#include "serve/admin.h"
#include "serve/dispatch.h"
#include "http/listener.h"
#include "serve/metrics.h"
#include "serve/reloader.h"
#include "record/gathering.h"
#include "serve/worker.h"
#include "script/os_thread.h"
#include "script/state.h"

/* After SIGTERM: the deadline of the workers, and two seconds more. */
#define ABANDON_AFTER_MS 7000
#define JOIN_TIMEOUT_NS INT64_C(1000000000)
#define MAX_CONNECTIONS 65536u
#define SPARE_DESCRIPTORS 64u /* for files, epolls, the workers' loops */
/* The admin may have so many connections beyond the limit, so that a full
 * server still answers for itself, and so many to its own port. */
#define ADMIN_CONNECTIONS 32u

struct server {
    const struct server_options *options;
    uv_loop_t loop;
    struct mailbox mailbox;
    struct listener listener, admin_listener;
    struct admin admin;
    struct export_queue *exports;
    struct reloader reloader;
    struct dispatch dispatch;
    struct worker **workers;
    int n_workers;
    int n_running; /* workers that have not stopped yet */
    unsigned max_connections;
    /* Threads that scripts have spawned: how many are asked to collect their
     * garbage and have not done it, and how many collect now. */
    atomic_int n_to_collect, n_collecting;
    int64_t start_ns; /* since 1970 */
    uv_signal_t terminate, interrupt, hangup;
    uv_timer_t abandon_timer;
    bool has_admin, is_stopping, captures_idle, is_abandoned;
};

/* Raises the limit of descriptors as far as possible and useful: programs that
 * a script starts inherit the limit, and some close all descriptors below it.
 * Returns how many connections the limit allows if `others` descriptors are
 * left for other things. */
static unsigned raise_descriptor_limit(unsigned others)
{
    struct rlimit limit;
    const rlim_t useful = MAX_CONNECTIONS + others;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024 - others;
    if (limit.rlim_cur < useful)
        limit.rlim_cur = limit.rlim_max < useful ? limit.rlim_max : useful;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= MAX_CONNECTIONS + others)
        return MAX_CONNECTIONS;
    return limit.rlim_cur > 2 * others ? (unsigned)limit.rlim_cur - others
                                       : others;
}

static bool set_max_connections(struct server *s, struct err *err)
{
    unsigned others = SPARE_DESCRIPTORS + ADMIN_CONNECTIONS;
    if (s->options->admin_address)
        others += ADMIN_CONNECTIONS;
    unsigned most = raise_descriptor_limit(others);
    unsigned wanted = s->options->max_connections;
    s->max_connections = wanted ? wanted : most;
    if (wanted <= most)
        return true;
    return err_set(err,
                   "--max-connections %u: the limit of open files, %u, leaves "
                   "room for %u (raise it by `ulimit -Hn`)",
                   wanted, most + others, most);
}

static unsigned n_own_connections(const struct server *s)
{
    return s->admin_listener.n_waiting + daemon_n_connections(&s->admin.own);
}

static unsigned n_connections(const struct server *s)
{
    return s->listener.n_waiting + admin_n_connections(&s->admin) +
           dispatch_n_connections(&s->dispatch);
}

static bool has_connection_room(void *ctx)
{
    const struct server *s = ctx;
    return n_connections(s) < s->max_connections + ADMIN_CONNECTIONS;
}

static void write_server_metrics(void *ctx, struct buf *out)
{
    const struct server *s = ctx;
    const struct metrics_source source = {
        .workers = s->workers,
        .n_workers = s->n_workers,
        .reloader = &s->reloader,
        .n_connections = n_connections(s),
        .n_taken_back = s->dispatch.handovers.n_taken_back,
        .max_connections = s->max_connections,
        .start_ns = s->start_ns,
    };
    metrics_write(out, &source);
}

static bool route_by_target(void *ctx, int fd, enum peek_result who)
{
    struct server *s = ctx;
    if (who == PEEK_ADMIN)
        admin_take_shared(&s->admin, fd);
    else if (dispatch_n_connections(&s->dispatch) < s->max_connections)
        dispatch_post(&s->dispatch, fd);
    else
        return false;
    return true;
}

static void on_dispatch_tick(void *ctx)
{
    struct server *s = ctx;
    dispatch_check(&s->dispatch);
}

static bool has_own_room(void *ctx)
{
    return n_own_connections(ctx) < ADMIN_CONNECTIONS;
}

static bool route_to_admin(void *ctx, int fd, enum peek_result who)
{
    struct server *s = ctx;
    (void)who;
    admin_take_own(&s->admin, fd);
    return true;
}

static void finish_when_idle(struct server *s)
{
    if (s->n_running > 0 || !s->captures_idle)
        return;
    if (s->has_admin)
        admin_close(&s->admin);
    mailbox_close(&s->mailbox);
}

static void on_captures_idle(void *ctx)
{
    struct server *s = ctx;
    s->captures_idle = true;
    finish_when_idle(s);
}

static void count_asked(void *ctx)
{
    struct server *s = ctx;
    atomic_fetch_add(&s->n_to_collect, 1);
}

static void collect_of_thread(void *ctx, struct lua_State *L)
{
    struct server *s = ctx;
    atomic_fetch_add(&s->n_collecting, 1);
    if (L)
        script_state_collect(L);
    atomic_fetch_sub(&s->n_to_collect, 1);
    atomic_fetch_sub(&s->n_collecting, 1);
}

static void collect_garbage(void *ctx)
{
    struct server *s = ctx;
    os_threads_ask(count_asked, collect_of_thread, s);
    for (int i = 0; !s->is_stopping && i < s->n_workers; i++)
        worker_collect(s->workers[i]);
}

static bool has_collected_garbage(void *ctx)
{
    const struct server *s = ctx;
    bool done = atomic_load(&s->n_to_collect) == 0;
    for (int i = 0; i < s->n_workers; i++)
        done = done && worker_has_collected(s->workers[i]);
    return done;
}

static bool is_collecting_garbage(void *ctx)
{
    const struct server *s = ctx;
    bool any = atomic_load(&s->n_collecting) > 0;
    for (int i = 0; i < s->n_workers; i++)
        any = any || worker_is_collecting(s->workers[i]);
    return any;
}

static void ask_all_states(void *ctx, struct gathering *gathering)
{
    struct server *s = ctx;
    gathering_ask_threads(gathering);
    for (int i = 0; !s->is_stopping && i < s->n_workers; i++)
        if (!worker_gather(s->workers[i], gathering))
            gathering_miss(gathering);
    /* The scripts that are being loaded belong to no worker yet. */
    if (s->reloader.is_loading)
        gathering_miss(gathering);
}

static void on_worker_stopped(void *ctx)
{
    struct server *s = ctx;
    s->n_running--;
    finish_when_idle(s);
}

static void on_app_retired(void *ctx, int number, struct app *app)
{
    struct server *s = ctx;
    reloader_retired(&s->reloader, number, app);
}

static void on_abandon(uv_timer_t *timer)
{
    struct server *s = timer->data;
    log_write(LOG_WARN, "abandoned",
              LOG_FIELDS(log_integer("workers", s->n_running),
                         log_boolean("loading", s->reloader.is_loading)));
    s->is_abandoned = true;
    uv_stop(&s->loop);
}

static bool open_listeners(struct server *s, struct err *err)
{
    if (!listener_open(&s->listener, s->options->address, err))
        return false;
    if (!s->options->admin_address ||
        listener_open(&s->admin_listener, s->options->admin_address, err))
        return true;
    listener_close(&s->listener);
    return false;
}

static void close_listeners(struct server *s)
{
    listener_close(&s->listener);
    if (s->options->admin_address)
        listener_close(&s->admin_listener);
}

/* Begins to stop everything. The loop ends when all of it has stopped. */
static void stop_server(struct server *s)
{
    s->is_stopping = true;
    /* Gives a second signal its default action: the end of the process. */
    uv_close((uv_handle_t *)&s->terminate, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    uv_close((uv_handle_t *)&s->hangup, NULL);
    signals_ignore(SIGHUP); /* SIGHUP must not end the process */
    reloader_close(&s->reloader);
    close_listeners(s);
    dispatch_close(&s->dispatch);
    uv_timer_start(&s->abandon_timer, on_abandon, ABANDON_AFTER_MS, 0);
    for (int i = 0; i < s->n_workers; i++)
        worker_stop(s->workers[i]);
    if (s->has_admin)
        captures_stop(&s->admin.captures);
    else
        on_captures_idle(s);
}

static void on_server_signal(uv_signal_t *signal, int number)
{
    struct server *s = signal->data;
    if (s->is_stopping)
        return;
    log_write(LOG_INFO, "stopping", LOG_FIELDS(log_integer("signal", number)));
    stop_server(s);
}

static void on_hangup(uv_signal_t *signal, int number)
{
    (void)number;
    struct server *s = signal->data;
    reloader_request(&s->reloader);
}

static bool start_workers(struct server *s, struct err *err)
{
    s->workers = calloc((size_t)s->options->n_workers, sizeof *s->workers);
    if (!s->workers ||
        !dispatch_open(&s->dispatch, &s->loop, s->options->n_workers))
        return err_set(err, "out of memory for the workers");
    struct worker_options options = {
        .limits = {s->max_connections, s->options->idle_seconds},
        .logs_access = s->options->logs_access,
        .trusts_baggage = s->options->trusts_baggage,
        .owner = &s->mailbox,
        .stopped = on_worker_stopped,
        .retired = on_app_retired,
        .ctx = s};
    while (s->n_workers < s->options->n_workers) {
        options.number = s->n_workers + 1;
        struct app *app = reloader_load(&s->reloader, options.number, err);
        struct worker *worker = app ? worker_start(&options, app, err) : NULL;
        if (!worker)
            return false;
        reloader_add(&s->reloader, options.number, worker, app);
        dispatch_add(&s->dispatch, worker);
        s->workers[s->n_workers++] = worker;
        s->n_running++;
    }
    return true;
}

static bool start_admin(struct server *s, struct err *err)
{
    s->exports = export_queue_new(s->options->exporter_dirs, err);
    if (!s->exports)
        return false;
    const struct captures captures = {.loop = &s->loop,
                                      .mailbox = &s->mailbox,
                                      .queue = s->exports,
                                      .n_workers = s->options->n_workers,
                                      .collect = collect_garbage,
                                      .has_collected = has_collected_garbage,
                                      .is_collecting = is_collecting_garbage,
                                      .ask_all_states = ask_all_states,
                                      .idle = on_captures_idle,
                                      .ctx = s};
    const struct admin_handler handler = {write_server_metrics, s};
    const struct daemon_limits limits = {s->max_connections + ADMIN_CONNECTIONS,
                                         s->options->idle_seconds};
    s->has_admin = admin_open(&s->admin, &captures, &handler, &limits, err);
    return s->has_admin;
}

static bool open_reloader(struct server *s, struct err *err)
{
    const struct reloader_options options = {.loop = &s->loop,
                                             .dir = s->options->dir,
                                             .dev = s->options->dev,
                                             .watches = s->options->watches};
    return reloader_open(&s->reloader, &options, s->options->n_workers, err);
}

static bool start_admin_listener(struct server *s, struct err *err)
{
    const struct listener_handler handler = {
        .has_room = has_own_room, .route = route_to_admin, .ctx = s};
    return !s->options->admin_address ||
           listener_start(&s->admin_listener, &s->loop, &handler, err);
}

static bool start_server(struct server *s, struct err *err)
{
    const struct listener_handler handler = {.has_room = has_connection_room,
                                             .route = route_by_target,
                                             .tick = on_dispatch_tick,
                                             .ctx = s};
    if (!open_reloader(s, err) || !start_admin(s, err) ||
        !start_workers(s, err) ||
        !listener_start(&s->listener, &s->loop, &handler, err) ||
        !start_admin_listener(s, err))
        return false;
    signals_start(&s->terminate, on_server_signal, SIGTERM);
    signals_start(&s->interrupt, on_server_signal, SIGINT);
    signals_start(&s->hangup, on_hangup, SIGHUP);
    if (s->options->watches && !s->reloader.is_watching)
        log_write(LOG_WARN, "not_watching",
                  LOG_FIELDS(log_text("error", s->reloader.watch_err.message)));
    log_write(LOG_INFO, "listening",
              LOG_FIELDS(log_text("address", s->listener.address),
                         log_integer("workers", s->n_workers),
                         log_text("dir", s->options->dir)));
    if (s->options->admin_address)
        log_write(LOG_INFO, "listening_admin",
                  LOG_FIELDS(log_text("address", s->admin_listener.address)));
    return true;
}

static bool open_loop(struct server *s, struct err *err)
{
    if (uv_loop_init(&s->loop) != 0)
        return err_set(err, "cannot make an event loop");
    if (!mailbox_open(&s->mailbox, &s->loop, err)) {
        uv_loop_close(&s->loop);
        return false;
    }
    uv_timer_init(&s->loop, &s->abandon_timer);
    uv_unref((uv_handle_t *)&s->abandon_timer); /* keeps no loop running */
    uv_signal_init(&s->loop, &s->terminate);
    uv_signal_init(&s->loop, &s->interrupt);
    uv_signal_init(&s->loop, &s->hangup);
    s->abandon_timer.data = s->terminate.data = s->interrupt.data = s;
    s->hangup.data = s;
    return true;
}

static void free_server(struct server *s)
{
    for (int i = 0; i < s->n_workers; i++)
        worker_join(s->workers[i]);
    free(s->workers);
    dispatch_fini(&s->dispatch);
    reloader_free(&s->reloader);
    if (s->exports)
        export_queue_free(s->exports);
    uv_loop_close(&s->loop);
    free(s);
}

/* Waits for the threads that scripts have spawned. Their apps are stopped,
 * which told them to end. Returns false if some did not end in time. */
static bool join_threads(void)
{
    if (os_threads_join(JOIN_TIMEOUT_NS))
        return true;
    log_write(LOG_WARN, "abandoned", LOG_FIELDS(log_boolean("threads", true)));
    return false;
}

enum server_result server_run(const struct server_options *options,
                              struct err *err)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(err, "out of memory for a server");
        return SERVER_FAILED;
    }
    s->options = options;
    s->start_ns = clock_wall_ns();
    signals_ignore(SIGPIPE);
    signals_ignore(SIGHUP); /* until there are scripts to reload */
    if (!set_max_connections(s, err) || !open_listeners(s, err)) {
        free(s);
        return SERVER_FAILED;
    }
    if (!open_loop(s, err)) {
        close_listeners(s);
        free(s);
        return SERVER_FAILED;
    }
    bool started = start_server(s, err);
    if (!started)
        stop_server(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    if (s->is_abandoned || !join_threads())
        return SERVER_ABANDONED;
    uv_close((uv_handle_t *)&s->abandon_timer, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    free_server(s);
    return started ? SERVER_STOPPED : SERVER_FAILED;
}
