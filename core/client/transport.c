#include "client/transport.h"

#include "client/network.h"
#include "client/tls.h"

#define FLYING_KEPT 65536 /* a larger buffer is freed when it is sent */

static struct transport *of_handle(void *handle)
{
    return ((uv_handle_t *)handle)->data;
}

void transport_init(struct transport *t, struct network *network,
                    const struct transport_events *events)
{
    *t = (struct transport){.network = network, .events = events};
    uv_tcp_init(network->loop, &t->tcp);
    t->tcp.data = t;
}

/* Reports that the transport has failed. */
static void fail_transport(struct transport *t, enum client_error error,
                           const char *detail)
{
    if (t->state == TRANSPORT_HANDSHAKE)
        t->events->refused(t, 0, error, detail);
    else
        t->events->ended(t, error, detail);
}

/* --- writing ------------------------------------------------------------ */

static enum transport_written broken(int status, enum client_error *error)
{
    *error = client_error_of_stream(status);
    return TRANSPORT_BROKEN;
}

static void on_written(uv_write_t *write, int status);

/* Writes with one system call if the socket takes all bytes; libuv sends the
 * rest. */
static enum transport_written put_bytes(struct transport *t, const char *data,
                                        size_t n, enum client_error *error)
{
    uv_stream_t *stream = (uv_stream_t *)&t->tcp;
    uv_buf_t rest = uv_buf_init((char *)data, (unsigned)n);
    int done = uv_try_write(stream, &rest, 1);
    if (done == UV_EAGAIN)
        done = 0;
    if (done < 0)
        return broken(done, error);
    t->n_sent += (uint64_t)done;
    if ((unsigned)done == rest.len)
        return TRANSPORT_SENT;
    rest.base += done;
    rest.len -= (unsigned)done;
    int status = uv_write(&t->write, stream, &rest, 1, on_written);
    if (status < 0)
        return broken(status, error);
    t->writing = true;
    t->n_writing = rest.len;
    return TRANSPORT_LATER;
}

static void discard_written(struct buf *b)
{
    b->len = 0;
    if (b->cap > FLYING_KEPT)
        buf_fini(b);
}

/* Sends the bytes that TLS has for the peer. While libuv is sending one buffer,
 * TLS writes into another. */
static enum transport_written flush_tls(struct transport *t,
                                        enum client_error *error)
{
    struct buf *out = tls_out(t->tls);
    if (t->writing)
        return TRANSPORT_LATER;
    if (out->len == 0)
        return TRANSPORT_SENT;
    enum transport_written written = put_bytes(t, out->data, out->len, error);
    if (written == TRANSPORT_LATER) {
        struct buf emptied = t->flying;
        t->flying = *out;
        *out = emptied;
    }
    discard_written(out);
    return written;
}

static void on_written(uv_write_t *write, int status)
{
    struct transport *t = of_handle(write->handle);
    enum client_error error;
    t->writing = false;
    if (t->state == TRANSPORT_CLOSING)
        return;
    if (status < 0) {
        fail_transport(t, client_error_of_stream(status), NULL);
        return;
    }
    t->n_sent += t->n_writing;
    if (t->tls) {
        discard_written(&t->flying);
        enum transport_written written = flush_tls(t, &error);
        if (written == TRANSPORT_BROKEN)
            fail_transport(t, error, NULL);
        if (written != TRANSPORT_SENT)
            return;
    }
    if (t->sending) {
        t->sending = false;
        t->events->sent(t);
    }
}

enum transport_written transport_write(struct transport *t, const char *data,
                                       size_t n, enum client_error *error)
{
    const char *detail;
    enum transport_written written;
    if (!t->tls) {
        written = put_bytes(t, data, n, error);
    } else if (tls_write(t->tls, data, n)) {
        written = flush_tls(t, error);
    } else {
        *error = tls_error(t->tls, &detail);
        return TRANSPORT_BROKEN;
    }
    t->sending = written == TRANSPORT_LATER;
    return written;
}

/* --- reading ------------------------------------------------------------ */

static void fail_by_tls(struct transport *t)
{
    const char *detail;
    enum client_error ignored, error = tls_error(t->tls, &detail);
    flush_tls(t, &ignored); /* the alert */
    fail_transport(t, error, detail);
}

static void flush_or_fail(struct transport *t)
{
    enum client_error error;
    if (t->state != TRANSPORT_CLOSING &&
        flush_tls(t, &error) == TRANSPORT_BROKEN)
        fail_transport(t, error, NULL);
}

/* Continues the handshake. Its last message is sent with the first write. */
static void shake_hands(struct transport *t)
{
    switch (tls_handshake(t->tls)) {
    case TLS_OK:
        t->state = TRANSPORT_OPEN;
        t->events->opened(t);
        flush_or_fail(t);
        break;
    case TLS_WANTS_BYTES:
        flush_or_fail(t);
        break;
    default:
        fail_by_tls(t);
    }
}

/* Delivers all plain bytes that TLS makes from the bytes it was fed. */
static void decrypt(struct transport *t)
{
    char *plain = t->network->plain_buffer;
    size_t n;
    while (t->state == TRANSPORT_OPEN) {
        switch (tls_read(t->tls, plain, NETWORK_PLAIN_SIZE, &n)) {
        case TLS_OK:
            t->events->received(t, plain, n);
            break;
        case TLS_WANTS_BYTES:
            flush_or_fail(t);
            return;
        case TLS_ENDED:
            t->events->ended(t, CLIENT_OK, NULL);
            return;
        case TLS_FAILED:
            fail_by_tls(t);
            return;
        }
    }
}

/* libuv reports a reset that comes with the last bytes as an orderly end. The
 * socket's own error tells them apart. */
static int error_of_socket(struct transport *t)
{
    uv_os_fd_t fd;
    int error = 0;
    socklen_t n = sizeof error;
    if (uv_fileno((uv_handle_t *)&t->tcp, &fd) == 0)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n);
    return error ? uv_translate_sys_error(error) : UV_EOF;
}

static void on_end_of_stream(struct transport *t, int status)
{
    if (status == UV_EOF)
        status = error_of_socket(t);
    if (status != UV_EOF)
        fail_transport(t, client_error_of_stream(status), NULL);
    else if (t->state == TRANSPORT_HANDSHAKE)
        fail_transport(t, CLIENT_TLS, "closed within the handshake");
    else if (t->tls) /* without close_notify the end may be forged */
        fail_transport(t, CLIENT_INCOMPLETE, "without TLS's close_notify");
    else
        fail_transport(t, CLIENT_OK, NULL);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *data)
{
    struct transport *t = of_handle(stream);
    if (n == 0 || t->state == TRANSPORT_CLOSING)
        return;
    if (n < 0) {
        on_end_of_stream(t, (int)n);
        return;
    }
    t->n_received += (uint64_t)n;
    if (!t->tls) {
        t->events->received(t, data->base, (size_t)n);
        return;
    }
    tls_feed(t->tls, data->base, (size_t)n);
    if (t->state == TRANSPORT_HANDSHAKE)
        shake_hands(t);
    decrypt(t);
}

static void lend_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    (void)size;
    struct network *network = of_handle(handle)->network;
    *buffer = uv_buf_init(network->read_buffer, sizeof network->read_buffer);
}

/* --- dialling and closing ------------------------------------------------ */

static void begin_tls(struct transport *t)
{
    struct tls_context *context = network_tls(t->network);
    if (context)
        t->tls = tls_new(context, t->peer.host, t->peer.port, t->peer.sessions);
    if (!t->tls) {
        t->events->refused(t, 0, CLIENT_OUT_OF_MEMORY, NULL);
        return;
    }
    t->state = TRANSPORT_HANDSHAKE;
    shake_hands(t);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct transport *t = of_handle(request->handle);
    if (t->state == TRANSPORT_CLOSING)
        return;
    if (status == 0)
        status = uv_read_start((uv_stream_t *)&t->tcp, lend_buffer, on_read);
    if (status < 0) {
        t->events->refused(t, status, CLIENT_DIAL, NULL);
        return;
    }
    uv_tcp_nodelay(&t->tcp, 1);
    t->events->dialled(t);
    if (t->peer.sessions) {
        begin_tls(t);
        return;
    }
    t->state = TRANSPORT_OPEN;
    t->events->opened(t);
}

int transport_dial(struct transport *t, const struct sockaddr *address,
                   const struct transport_peer *peer)
{
    t->peer = *peer;
    return uv_tcp_connect(&t->dial, &t->tcp, address, on_connected);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct transport *t = of_handle(handle);
    tls_free(t->tls);
    t->tls = NULL;
    buf_fini(&t->flying);
    t->events->closed(t);
}

void transport_forget(struct transport *t)
{
    if (t->tls)
        tls_forget(t->tls);
}

void transport_close(struct transport *t)
{
    enum client_error ignored;
    if (t->state == TRANSPORT_CLOSING)
        return;
    if (t->tls && t->state == TRANSPORT_OPEN && !t->writing) {
        tls_end(t->tls);
        flush_tls(t, &ignored);
    }
    t->state = TRANSPORT_CLOSING;
    uv_close((uv_handle_t *)&t->tcp, on_handle_closed);
}
