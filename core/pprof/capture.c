#include "pprof/capture.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "export/export_queue.h"
#include "http/client_watch.h"
#include "record/gathering.h"
#include "http/response.h"
#include "sample/walk/attach.h"

#define ANSWER_POLL_MS 5
#define MAX_WORK_NS 60000000000

struct capture {
    struct captures *captures;
    struct request *request;
    struct capture_plan plan;
    bool is_waiting;          /* for the timer; false: another thread has it */
    bool has_left;            /* the client has gone */
    atomic_bool is_cancelled; /* the other thread may skip its work */
    int64_t poll_until_ns;    /* of the question to the states, monotonic */
    struct recording recording;
    struct err err;
    struct export_info info;
    struct buf bytes;
    uv_work_t work; /* finds the exporter, or runs recording_write */
    uv_timer_t timer;
    struct client_watch *watch; /* NULL: the client has left, or no watch */
    struct mailbox_message message;
    struct list_link in_captures, in_finding;
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
    buf_fini(&c->plan.options);
    free(c);
}

static void stop_watching(struct capture *c)
{
    client_watch_stop(c->watch);
    c->watch = NULL;
}

/* The client is answered or gone. The capture is freed when its timer is
 * closed. */
static void end_capture(struct capture *c)
{
    struct captures *captures = c->captures;
    recording_fini(&c->recording);
    stop_watching(c);
    uv_close((uv_handle_t *)&c->timer, free_when_closed);
    list_remove(&c->in_captures);
    if (captures->is_stopping && list_is_empty(&captures->list))
        captures->idle(captures->ctx);
}

/* A browser saves a profile, as Go's header has it, and shows a text or an
 * image. The file's name has the extension of the format. */
static void add_disposition(const struct capture *c,
                            struct MHD_Response *response)
{
    char text[256];
    bool is_pprof = strcmp(c->info.name, "pprof") == 0;
    bool is_shown = strncmp(c->info.content_type, "text/", 5) == 0 ||
                    strncmp(c->info.content_type, "image/", 6) == 0;
    snprintf(text, sizeof text, "%s; filename=\"%s%s%s\"",
             is_shown ? "inline" : "attachment",
             c->plan.recording.kind->endpoint,
             c->plan.recording.is_delta ? "-delta" : "",
             is_pprof ? "" : c->info.extension);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION,
                            text);
}

static void answer_client(struct capture *c)
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

static void finish_capture(struct capture *c)
{
    if (c->has_left)
        request_drop(c->request);
    else if (c->is_cancelled)
        refuse_stopping(c->request);
    else
        answer_client(c);
    end_capture(c);
}

static void on_exported(struct mailbox_message *message)
{
    finish_capture(container_of(message, struct capture, message));
}

/* [the exporter's thread] */
static struct profile *make_profile(void *ctx, struct err *err)
{
    struct capture *c = ctx;
    if (c->is_cancelled) {
        err_set(err, "cancelled");
        return NULL;
    }
    return recording_build(&c->recording, err);
}

/* [the exporter's thread] */
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

/* [a thread of libuv's pool] */
static void write_text(uv_work_t *work)
{
    struct capture *c = work->data;
    if (!c->is_cancelled)
        recording_write(&c->recording, &c->bytes, &c->err);
}

static void on_text_written(uv_work_t *work, int status)
{
    (void)status;
    finish_capture(work->data);
}

static void start_export(struct capture *c)
{
    c->is_waiting = false;
    if (c->plan.recording.is_written) {
        uv_queue_work(c->captures->loop, &c->work, write_text, on_text_written);
        return;
    }
    export_queue_run(c->captures->queue, c->plan.format,
                     buf_cstr(&c->plan.options), make_profile, take_export, c);
}

static bool have_workers_answered(const struct capture *c)
{
    const struct gathering *asked = c->recording.gathering;
    return asked ? gathering_is_complete(asked)
                 : c->captures->has_collected(c->captures->ctx);
}

/* A large heap takes its time: an answer or a collection that has begun is
 * waited for, unless it is a finalizer that does not end. */
static bool is_at_work(const struct capture *c)
{
    const struct gathering *asked = c->recording.gathering;
    bool is_at_it = asked ? gathering_is_at_work(asked)
                          : c->captures->is_collecting(c->captures->ctx);
    return is_at_it && clock_mono_ns() - c->poll_until_ns < MAX_WORK_NS;
}

static void end_recording(struct capture *c);

/* A state that has not begun to answer in time is left out. */
static void on_gather_poll(uv_timer_t *timer)
{
    struct capture *c = timer->data;
    if (!have_workers_answered(c) &&
        (clock_mono_ns() < c->poll_until_ns || is_at_work(c)))
        return;
    uv_timer_stop(timer);
    end_recording(c);
}

static void wait_for_workers(struct capture *c)
{
    c->poll_until_ns = clock_mono_ns() + c->plan.max_gather_ns;
    uv_timer_start(&c->timer, on_gather_poll, 1, ANSWER_POLL_MS);
}

/* The time is over, or a question has been answered. */
static void end_recording(struct capture *c)
{
    struct captures *captures = c->captures;
    struct gathering *question = recording_end(&c->recording);
    if (!question) {
        start_export(c);
        return;
    }
    captures->ask_all_states(captures->ctx, question);
    wait_for_workers(c);
}

static void on_time_over(uv_timer_t *timer) { end_recording(timer->data); }

static void on_client_left(void *ctx)
{
    struct capture *c = ctx;
    stop_watching(c);
    c->has_left = c->is_cancelled = true;
    if (!c->is_waiting)
        return; /* finish_capture ends it */
    request_drop(c->request);
    end_capture(c);
}

static void start_waiting(struct capture *c)
{
    struct captures *captures = c->captures;
    /* The loop's clock is cut to milliseconds: a timer may be one early. */
    uint64_t wait_ms = (uint64_t)c->plan.recording.wait_ns / 1000000 + 1;
    c->is_waiting = true;
    uv_update_time(captures->loop);
    if (c->plan.collects) {
        captures->collect(captures->ctx);
        wait_for_workers(c);
        return;
    }
    uv_timer_start(&c->timer, on_time_over,
                   c->plan.recording.wait_ns ? wait_ms : 0, 0);
}

/* Answers with an error if the recording cannot be started. */
static void begin_recording(struct capture *c)
{
    if (recording_start(&c->recording, &c->plan.recording, &c->err))
        start_waiting(c);
    else
        finish_capture(c);
}

/* ---- finding the exporter, before the recording starts */

/* Loads exporter files that are new or changed, so the thread is watched.
 * [a thread of libuv's pool] */
static void find_exporter(uv_work_t *work)
{
    struct capture *c = work->data;
    if (c->is_cancelled)
        return;
    bool is_attached = attach_thread(NULL, NULL);
    export_queue_find(c->captures->queue, c->plan.format, &c->info, &c->err);
    if (is_attached)
        detach_thread();
}

static void find_next(struct captures *captures);

static void on_found(uv_work_t *work, int status)
{
    (void)status;
    struct capture *c = work->data;
    list_remove(&c->in_finding);
    find_next(c->captures);
    if (c->is_cancelled) {
        finish_capture(c);
    } else if (c->err.message[0]) {
        capture_refuse(c->request, MHD_HTTP_BAD_REQUEST, "%s", c->err.message);
        end_capture(c);
    } else {
        begin_recording(c);
    }
}

/* Captures find their exporters one after another: the catalog has one lock,
 * and the pool has few threads. */
static void find_next(struct captures *captures)
{
    struct list_link *first = list_first(&captures->finding);
    if (!first)
        return;
    struct capture *c = container_of(first, struct capture, in_finding);
    uv_queue_work(captures->loop, &c->work, find_exporter, on_found);
}

static void start_finding(struct capture *c)
{
    bool is_idle = list_is_empty(&c->captures->finding);
    list_append(&c->captures->finding, &c->in_finding);
    if (is_idle)
        find_next(c->captures);
}

/* Describes what `write` of the kind writes, as an exporter describes itself.
 */
static void describe_written(struct capture *c)
{
    const struct profile_kind *kind = c->plan.recording.kind;
    snprintf(c->info.content_type, sizeof c->info.content_type, "%s",
             kind->written_content_type);
    if (kind->written_extension)
        snprintf(c->info.extension, sizeof c->info.extension, "%s",
                 kind->written_extension);
}

void capture_start(struct captures *captures, struct request *request,
                   struct capture_plan *plan)
{
    struct capture *c = captures->is_stopping ? NULL : calloc(1, sizeof *c);
    if (!c) {
        buf_fini(&plan->options);
        if (captures->is_stopping)
            refuse_stopping(request);
        else
            request_answer(request, MHD_HTTP_SERVICE_UNAVAILABLE, NULL);
        return;
    }
    c->captures = captures;
    c->request = request;
    c->plan = *plan;
    c->message.deliver = on_exported;
    c->work.data = c->timer.data = c;
    list_prepend(&captures->list, &c->in_captures);
    uv_timer_init(captures->loop, &c->timer);
    c->watch = client_watch_start(captures->loop, request, on_client_left, c);
    if (plan->recording.is_written) {
        describe_written(c);
        begin_recording(c);
    } else {
        start_finding(c);
    }
}

void captures_stop(struct captures *captures)
{
    captures->is_stopping = true;
    if (list_is_empty(&captures->list)) {
        captures->idle(captures->ctx);
        return;
    }
    list_each (struct capture, c, &captures->list, in_captures) {
        c->is_cancelled = true;
        if (c->is_waiting) {
            refuse_stopping(c->request);
            end_capture(c);
        }
    }
}
