/* daemon.c -- keeps the rules of libmicrohttpd:
 *
 * - libmicrohttpd calls on_mhd_call for the head of a request, for each piece
 *   of its body, and once more at the end. An answer to the first call closes
 *   the connection, so a request is started by the last call. Only a malformed
 *   head and a Content-Length over the limit are refused at once, before the
 *   client sends the body.
 * - A body cannot be refused halfway. A chunked body over the limit is read and
 *   discarded, up to a bound, and answered with 413 at its end.
 * - Nothing happens on a suspended connection. Resuming a connection makes
 *   libmicrohttpd call on_mhd_call again, which queues the answer.
 * - libmicrohttpd's epoll descriptor does not become readable when a connection
 *   is added or resumed, nor when a timeout passes. on_daemon_prepare, which
 *   libuv calls before it waits, handles these three.
 */
#include "http/daemon.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/head.h"
#include "http/head_room.h"
#include "http/request_id.h"
#include "http/response.h"
#include "http/url.h"

#define MAX_DISCARDED_BYTES (4 * DAEMON_MAX_BODY_BYTES)

static struct request *begin_request(struct daemon *d,
                                     struct MHD_Connection *connection,
                                     const char *method, const char *path)
{
    struct request *r = malloc(sizeof *r);
    if (!r)
        return NULL;
    *r = (struct request){
        .connection = connection, .method = method, .path = path, .daemon = d};
    list_prepend(&d->requests, &r->in_daemon);
    r->peer =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
            ->socket_context;
    return r;
}

static void end_request(struct request *r)
{
    struct daemon *d = r->daemon;
    if (r->is_started) {
        d->n_active--;
        d->handler.end(d->handler.ctx, r);
    }
    if (r->response) /* the client left before the answer was queued */
        MHD_destroy_response(r->response);
    hangup_end_request(r->peer);
    buf_fini(&r->body);
    list_remove(&r->in_daemon);
    free(r);
}

/* Returns the path of what libmicrohttpd calls the URL. */
static const char *request_path(const char *target)
{
    const char *path = url_path(target, strlen(target));
    return *path ? path : "/";
}

static bool declares_too_much(struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(
        connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length && strtoull(length, NULL, 10) > DAEMON_MAX_BODY_BYTES;
}

static void take_body(struct request *r, const char *bytes, size_t n)
{
    if (!r->is_too_large && r->body.len + n <= DAEMON_MAX_BODY_BYTES) {
        buf_append(&r->body, bytes, n);
        return;
    }
    r->is_too_large = true;
    r->discarded_bytes += n;
}

static void answer_stopping(struct request *r)
{
    request_answer(r, MHD_HTTP_SERVICE_UNAVAILABLE,
                   response_text("the server is stopping\n"));
}

static void refuse_body(struct request *r)
{
    request_answer(r, MHD_HTTP_CONTENT_TOO_LARGE,
                   response_text("a body may have %zu bytes at most\n",
                                 DAEMON_MAX_BODY_BYTES));
}

/* Takes the response out of the request. If there is no room for the
 * response's head, returns a short 500 in its place. */
static struct MHD_Response *take_response(struct request *r)
{
    struct MHD_Response *response = r->response;
    size_t n_bytes;
    r->response = NULL;
    if (!response || head_room_has(r->connection, response, &n_bytes))
        return response;
    log_write(LOG_ERROR, "reply_head_too_long",
              LOG_FIELDS(log_text("path", r->path),
                         log_integer("bytes", (int64_t)n_bytes),
                         log_integer("most_of_both_heads", HEAD_ROOM_BYTES)));
    MHD_destroy_response(response);
    r->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    return response_text("Internal Server Error\n");
}

static enum MHD_Result send_answer(struct request *r)
{
    struct MHD_Response *response = take_response(r);
    if (!response)
        return MHD_NO;
    if (r->daemon->closes)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (r->id)
        MHD_add_response_header(response, REQUEST_ID_HEADER, r->id);
    enum MHD_Result result =
        MHD_queue_response(r->connection, r->status, response);
    MHD_destroy_response(response);
    return result;
}

static void start_request(struct request *r)
{
    struct daemon *d = r->daemon;
    if (r->is_too_large || r->body.failed) {
        refuse_body(r);
        return;
    }
    if (d->is_stopping) {
        answer_stopping(r);
        return;
    }
    r->is_started = true;
    hangup_begin_request(r->peer);
    r->start_ns = clock_mono_ns();
    d->n_active++;
    d->handler.start(d->handler.ctx, r);
    if (!r->is_answered)
        request_pause(r);
}

/* Called when the head has arrived. Refuses it, or returns MHD_YES if the body
 * may come. */
static enum MHD_Result check_head(struct request *r, const char *version)
{
    if (!head_room_is_left(r->connection)) {
        head_room_refuse(r->connection);
        return MHD_NO;
    }
    const struct head_fault *fault =
        head_check(r->connection, r->method, r->path, version);
    if (fault)
        request_answer(r, fault->status, response_text("%s\n", fault->message));
    else if (declares_too_much(r->connection))
        refuse_body(r);
    else
        return MHD_YES;
    return send_answer(r);
}

static enum MHD_Result on_mhd_call(void *ctx, struct MHD_Connection *connection,
                                   const char *url, const char *method,
                                   const char *version, const char *upload,
                                   size_t *upload_size, void **data)
{
    struct request *r = *data;
    if (!r) {
        r = *data = begin_request(ctx, connection, method, request_path(url));
        return r ? check_head(r, version) : MHD_NO;
    }
    if (*upload_size) {
        take_body(r, upload, *upload_size);
        *upload_size = 0;
        return r->discarded_bytes > MAX_DISCARDED_BYTES ? MHD_NO : MHD_YES;
    }
    if (!r->is_started)
        start_request(r);
    return r->is_suspended ? MHD_YES : send_answer(r);
}

static void on_mhd_completed(void *ctx, struct MHD_Connection *connection,
                             void **data, enum MHD_RequestTerminationCode why)
{
    (void)ctx;
    (void)connection;
    (void)why;
    if (*data)
        end_request(*data);
    *data = NULL;
}

static void on_mhd_connection(void *ctx, struct MHD_Connection *connection,
                              void **data,
                              enum MHD_ConnectionNotificationCode code)
{
    struct daemon *d = ctx;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(
            connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *data = hangups_add(&d->hangups, info->connect_fd);
        return;
    }
    hangups_remove(&d->hangups, *data);
    *data = NULL;
    if (d->handler.closed)
        d->handler.closed(d->handler.ctx);
}

/* Leaves paths and queries percent-encoded: router.c decodes each segment of a
 * path by itself, request_object.c the values of a query. */
static size_t keep_encoded(void *ctx, struct MHD_Connection *connection,
                           char *s)
{
    (void)ctx;
    (void)connection;
    return strlen(s);
}

static void log_message(void *ctx, const char *format, va_list args)
{
    (void)ctx;
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    log_write(LOG_DEBUG, "http", LOG_FIELDS(log_text("message", text)));
}

void request_pause(struct request *r)
{
    r->is_suspended = true;
    MHD_suspend_connection(r->connection);
}

void request_resume(struct request *r)
{
    if (!r->is_suspended)
        return;
    r->is_suspended = false;
    r->daemon->must_run = true;
    MHD_resume_connection(r->connection);
}

void request_answer(struct request *r, unsigned status,
                    struct MHD_Response *response)
{
    r->status = status;
    r->response = response ? response : response_empty();
    r->is_answered = true;
    request_resume(r);
}

void request_drop(struct request *r) { request_resume(r); }

static void on_daemon_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct daemon *d = poll->data;
    MHD_run(d->mhd);
}

static void on_daemon_timeout(uv_timer_t *timer)
{
    struct daemon *d = timer->data;
    MHD_run(d->mhd);
}

void daemon_run(struct daemon *d)
{
    while (d->must_run) {
        d->must_run = false;
        MHD_run(d->mhd);
    }
}

static void on_daemon_prepare(uv_prepare_t *prepare)
{
    struct daemon *d = prepare->data;
    daemon_run(d);
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (MHD_get_timeout(d->mhd, &timeout_ms) != MHD_YES)
        return;
    /* A timer that fires too early does no harm, so it is left as it is. */
    if (!uv_is_active((uv_handle_t *)&d->timer) ||
        uv_timer_get_due_in(&d->timer) > timeout_ms)
        uv_timer_start(&d->timer, on_daemon_timeout, timeout_ms, 0);
}

static struct MHD_Daemon *start_mhd(struct daemon *d,
                                    const struct daemon_limits *limits)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
            MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_mhd_call, d, MHD_OPTION_EXTERNAL_LOGGER, log_message,
        NULL, MHD_OPTION_NOTIFY_COMPLETED, on_mhd_completed, d,
        MHD_OPTION_NOTIFY_CONNECTION, on_mhd_connection, d,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL,
        MHD_OPTION_CONNECTION_LIMIT, limits->connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_ROOM_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, limits->idle_seconds, MHD_OPTION_END);
}

bool daemon_start(struct daemon *d, uv_loop_t *loop,
                  const struct daemon_handler *handler,
                  const struct daemon_limits *limits, struct err *err)
{
    *d = (struct daemon){.handler = *handler};
    d->mhd = start_mhd(d, limits);
    if (!d->mhd)
        return err_set(err, "cannot start an HTTP daemon");
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    if (!hangups_open(&d->hangups, loop, d->mhd, err)) {
        MHD_stop_daemon(d->mhd);
        return false;
    }
    uv_poll_init(loop, &d->poll, info->epoll_fd);
    uv_timer_init(loop, &d->timer);
    uv_prepare_init(loop, &d->prepare);
    d->poll.data = d->timer.data = d->prepare.data = d;
    uv_poll_start(&d->poll, UV_READABLE, on_daemon_readable);
    uv_prepare_start(&d->prepare, on_daemon_prepare);
    return true;
}

bool daemon_add(struct daemon *d, int fd)
{
    struct sockaddr_in nobody = {.sin_family = AF_INET};
    d->must_run = true;
    return MHD_add_connection(d->mhd, fd, (struct sockaddr *)&nobody,
                              sizeof nobody) == MHD_YES;
}

unsigned daemon_n_connections(const struct daemon *d)
{
    return MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
        ->num_connections;
}

void daemon_stop(struct daemon *d)
{
    d->is_stopping = d->closes = true;
    list_each (struct request, r, &d->requests, in_daemon)
        if (r->is_suspended)
            answer_stopping(r);
    MHD_run(d->mhd); /* sends the answers */
    uv_close((uv_handle_t *)&d->poll, NULL);
    uv_close((uv_handle_t *)&d->timer, NULL);
    uv_close((uv_handle_t *)&d->prepare, NULL);
    MHD_stop_daemon(d->mhd); /* ends all requests */
    hangups_close(&d->hangups);
}
