#include "http/capture.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "export/host.h"
#include "http/client_watch.h"
#include "http/goroutines.h"
#include "http/response.h"
#include "profile/profile.h"
#include "sample/contention.h"
#include "sample/heap.h"
#include "sample/heap_profile.h"
#include "sample/session.h"
#include "sample/tally.h"
#include "sample/tally_profile.h"
#include "sample/wall.h"

#define ANSWER_POLL_MS 5
#define MAX_ANSWER_NS 1000000000

struct capture {
    struct captures *captures;
    struct request *request;
    struct capture_plan plan;
    bool is_waiting;          /* else it is with the exporter's thread */
    bool has_left;            /* the client */
    atomic_bool is_cancelled; /* the exporter's thread need not do it */
    int64_t start_ns;
    int64_t poll_until_ns;            /* while workers are asked, monotonic */
    struct session *session;          /* of the CPU, while it waits */
    struct wall *wall;                /* while it waits */
    struct heap_snapshot *heap_start; /* of a delta */
    struct goroutines *goroutines;
    struct tally_snapshot *tally_start; /* of a delta */
    struct contention_wish wish;        /* of a delta */
    struct err err;
    struct export_info info;
    struct buf bytes;
    uv_timer_t timer;
    struct client_watch *watch; /* while it waits */
    struct mailbox_message message;
    struct capture *prev, *next;
};

void capture_refuse(struct request *request, unsigned status,
                    const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct MHD_Response *response = response_text("%s\n", text);
    if (response)
        MHD_add_response_header(response, "X-Go-Pprof", "1");
    request_answer(request, status, response);
}

static void free_when_closed(uv_handle_t *handle)
{
    struct capture *c = handle->data;
    buf_fini(&c->bytes);
    free(c->heap_start);
    free(c->tally_start);
    goroutines_release(c->goroutines);
    free(c);
}

static void stop_watching(struct capture *c)
{
    client_watch_stop(c->watch);
    c->watch = NULL;
}

/* Answered: take it off the list and free it when its timer is closed. */
static void end(struct capture *c)
{
    struct captures *captures = c->captures;
    if (c->session)
        session_abort(c->session);
    if (c->wall)
        wall_abort(c->wall);
    stop_watching(c);
    contention_unwant(&c->wish);
    uv_close((uv_handle_t *)&c->timer, free_when_closed);
    if (c->prev)
        c->prev->next = c->next;
    else
        captures->list = c->next;
    if (c->next)
        c->next->prev = c->prev;
    if (captures->is_stopping && !captures->list)
        captures->idle(captures->ctx);
}

/* "attachment" is what Go says for its profiles; what a browser can show is
 * shown, under a name that says what it is. */
static void add_disposition(const struct capture *c,
                            struct MHD_Response *response)
{
    char text[256];
    bool is_pprof = strcmp(c->info.name, "pprof") == 0;
    bool is_shown = strncmp(c->info.content_type, "text/", 5) == 0 ||
                    strncmp(c->info.content_type, "image/", 6) == 0;
    snprintf(text, sizeof text, "%s; filename=\"%s%s%s\"",
             is_shown ? "inline" : "attachment", c->plan.kind->name,
             c->plan.is_delta ? "-delta" : "",
             is_pprof ? "" : c->info.extension);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION,
                            text);
}

static void answer(struct capture *c)
{
    if (c->err.message[0]) {
        capture_refuse(c->request, MHD_HTTP_INTERNAL_SERVER_ERROR, "%s",
                       c->err.message);
        return;
    }
    struct MHD_Response *response =
        response_take(&c->bytes, c->info.content_type);
    if (response && !c->plan.is_text)
        add_disposition(c, response);
    if (response)
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    request_answer(c->request, MHD_HTTP_OK, response);
}

static void refuse_stopping(struct request *request)
{
    capture_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
                   "the server is stopping");
}

static void on_exported(struct mailbox_message *message)
{
    struct capture *c =
        (struct capture *)((char *)message - offsetof(struct capture, message));
    if (c->has_left)
        request_drop(c->request);
    else if (c->is_cancelled)
        refuse_stopping(c->request);
    else
        answer(c);
    end(c);
}

static struct profile *make_cpu_profile(struct capture *c, struct err *err)
{
    struct session *session = c->session;
    c->session = NULL;
    return session_close(session, NULL, err);
}

static struct profile *make_wall_profile(struct capture *c, struct err *err)
{
    struct wall *wall = c->wall;
    c->wall = NULL;
    if (c->goroutines)
        return wall_close(wall, &c->goroutines->tally, err);
    wall_abort(wall);
    err_set(err, "out of memory for a profile");
    return NULL;
}

static struct profile *make_heap_profile(struct capture *c, struct err *err)
{
    struct heap_snapshot *end = heap_snapshot_take();
    if (!end) {
        err_set(err, "out of memory for a profile");
        return NULL;
    }
    const struct heap_profile_source source = {
        .end = end,
        .start = c->heap_start,
        .time_ns = c->start_ns,
        .duration_ns = (int64_t)c->plan.seconds * 1000000000,
        .default_sample_type = c->plan.kind->default_sample_type,
    };
    struct profile *profile = heap_profile_build(&source, err);
    free(end);
    return profile;
}

static struct profile *make_empty_profile(struct capture *c, struct err *err)
{
    return pprof_kind_empty(c->plan.kind, c->start_ns,
                            (int64_t)c->plan.seconds * 1000000000, err);
}

static struct profile *make_tally_profile(struct capture *c, struct err *err)
{
    struct profile *profile = make_empty_profile(c, err);
    struct tally_snapshot *end =
        profile ? tally_snapshot_take(c->plan.kind->tally) : NULL;
    if (end && tally_profile_add(profile, end, c->tally_start, err)) {
        free(end);
        return profile;
    }
    free(end);
    if (profile)
        profile_free(profile);
    err_set(err, "out of memory for a profile");
    return NULL;
}

static struct profile *make_goroutine_profile(struct capture *c,
                                              struct err *err)
{
    struct profile *profile = make_empty_profile(c, err);
    if (!profile)
        return NULL;
    if (c->goroutines && goroutines_add_to(c->goroutines, profile, err))
        return profile;
    profile_free(profile);
    err_set(err, "out of memory for a profile");
    return NULL;
}

static struct profile *make_profile_of_kind(struct capture *c, struct err *err)
{
    switch (c->plan.kind->source) {
    case PPROF_CPU:
        return make_cpu_profile(c, err);
    case PPROF_WALL:
        return make_wall_profile(c, err);
    case PPROF_HEAP:
        return make_heap_profile(c, err);
    case PPROF_GOROUTINES:
        return make_goroutine_profile(c, err);
    case PPROF_TALLY:
        return make_tally_profile(c, err);
    }
    return NULL;
}

/* On the exporter's thread. */
static struct profile *make_profile(void *ctx, struct err *err)
{
    struct capture *c = ctx;
    if (c->is_cancelled) {
        err_set(err, "nobody waits for it");
        return NULL;
    }
    struct profile *profile = make_profile_of_kind(c, err);
    if (profile)
        label_filter_apply(&c->plan.labels, profile);
    return profile;
}

/* On the exporter's thread. */
static void take_export(void *ctx, struct buf *bytes,
                        const struct export_info *info, const struct err *err)
{
    struct capture *c = ctx;
    if (bytes) {
        c->bytes = *bytes;
        *bytes = BUF_INIT;
        c->info = *info;
    } else {
        err_set(&c->err, "%s", err->message);
    }
    mailbox_post(c->captures->mailbox, &c->message);
}

static void start_export(struct capture *c)
{
    c->is_waiting = false;
    export_host_run(c->captures->host, c->plan.format, c->plan.options,
                    make_profile, take_export, c);
}

static bool have_workers_answered(const struct capture *c)
{
    return c->goroutines ? goroutines_are_counted(c->goroutines)
                         : c->captures->has_collected(c->captures->ctx);
}

/* A worker that is stuck is not waited for. */
static void on_poll(uv_timer_t *timer)
{
    struct capture *c = timer->data;
    if (!have_workers_answered(c) && clock_mono_ns() < c->poll_until_ns)
        return;
    uv_timer_stop(timer);
    start_export(c);
}

static void wait_for_workers(struct capture *c)
{
    c->poll_until_ns = clock_mono_ns() + MAX_ANSWER_NS;
    uv_timer_start(&c->timer, on_poll, 1, ANSWER_POLL_MS);
}

static void on_time_over(uv_timer_t *timer)
{
    struct capture *c = timer->data;
    struct captures *captures = c->captures;
    if (c->wall)
        c->goroutines = goroutines_new(wall_end(c->wall));
    else if (c->plan.kind->source == PPROF_GOROUTINES)
        c->goroutines = goroutines_new(NULL);
    if (!c->goroutines) {
        start_export(c);
        return;
    }
    captures->count_coroutines(captures->ctx, c->goroutines);
    wait_for_workers(c);
}

static void on_client_left(void *ctx)
{
    struct capture *c = ctx;
    stop_watching(c);
    c->has_left = c->is_cancelled = true;
    if (!c->is_waiting)
        return; /* on_exported ends it */
    request_drop(c->request);
    end(c);
}

static void start_waiting(struct capture *c)
{
    struct captures *captures = c->captures;
    /* The loop's clock is cut to milliseconds: a timer may be one early. */
    uint64_t wait_ms = c->plan.seconds * UINT64_C(1000) + 1;
    c->is_waiting = true;
    c->start_ns = clock_wall_ns();
    c->next = captures->list;
    if (c->next)
        c->next->prev = c;
    captures->list = c;
    c->timer.data = c;
    uv_timer_init(captures->loop, &c->timer);
    uv_update_time(captures->loop);
    c->watch =
        client_watch_start(captures->loop, c->request, on_client_left, c);
    contention_want(&c->wish);
    if (c->plan.collects) {
        captures->collect(captures->ctx);
        wait_for_workers(c);
        return;
    }
    uv_timer_start(&c->timer, on_time_over, c->plan.seconds ? wait_ms : 0, 0);
}

/* What must be there before the wait: the exporter, and what the wait begins
 * with. */
static bool prepare(struct capture *c)
{
    const struct session_options options = {
        .rate_hz = c->plan.rate_hz,
        .slower_than_ns = c->plan.slower_than_ns,
    };
    struct err err;
    if (!export_host_find(c->captures->host, c->plan.format, &c->info, &err)) {
        capture_refuse(c->request, MHD_HTTP_BAD_REQUEST, "%s", err.message);
        return false;
    }
    bool ok = true;
    if (c->plan.kind->source == PPROF_CPU) {
        c->session = session_open(&options, &err);
        ok = c->session;
    } else if (c->plan.kind->source == PPROF_WALL) {
        c->wall = wall_open(&options, &err);
        ok = c->wall;
    } else if (c->plan.kind->source == PPROF_HEAP && c->plan.is_delta) {
        c->heap_start = heap_snapshot_take();
        ok = c->heap_start || err_set(&err, "out of memory for a profile");
    } else if (c->plan.kind->source == PPROF_TALLY && c->plan.is_delta) {
        c->tally_start = tally_snapshot_take(c->plan.kind->tally);
        ok = c->tally_start || err_set(&err, "out of memory for a profile");
        c->wish.block_rate_ns = c->plan.block_rate_ns;
        c->wish.mutex_fraction = c->plan.mutex_fraction;
    }
    if (!ok)
        capture_refuse(c->request, MHD_HTTP_INTERNAL_SERVER_ERROR, "%s",
                       err.message);
    return ok;
}

void capture_start(struct captures *captures, struct request *request,
                   const struct capture_plan *plan)
{
    if (captures->is_stopping) {
        refuse_stopping(request);
        return;
    }
    struct capture *c = calloc(1, sizeof *c);
    if (!c) {
        request_answer(request, MHD_HTTP_SERVICE_UNAVAILABLE, NULL);
        return;
    }
    c->captures = captures;
    c->request = request;
    c->plan = *plan;
    c->message.deliver = on_exported;
    if (prepare(c))
        start_waiting(c);
    else
        free(c);
}

void captures_stop(struct captures *captures)
{
    captures->is_stopping = true;
    if (!captures->list) {
        captures->idle(captures->ctx);
        return;
    }
    for (struct capture *c = captures->list; c;) {
        struct capture *next = c->next;
        c->is_cancelled = true;
        if (c->is_waiting) {
            refuse_stopping(c->request);
            end(c);
        }
        c = next;
    }
}
