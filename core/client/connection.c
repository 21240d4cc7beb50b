#include "client/connection.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "client/client.h"
#include "client/incoming.h"

enum connection_state {
    CONNECTION_NEW,    /* nothing on the wire: must be dialled */
    CONNECTION_OPEN,   /* connected */
    CONNECTION_CLOSING /* uv_close was called */
};

struct connection {
    uv_tcp_t tcp;
    uv_connect_t dial;
    uv_write_t write;
    struct network *network;
    struct client *client; /* NULL: orphaned */
    struct connection *prev, *next;
    struct transfer *transfer; /* NULL: idle */
    struct deadline deadline;
    struct incoming incoming;
    struct lookup lookup;
    struct host *host;
    unsigned n_dials; /* addresses tried for this transfer */
    enum connection_state state;
    bool reused;  /* the transfer found it open */
    bool writing; /* uv_write has not called back */
    bool again;   /* once closed, dial anew for the same transfer */
    uint16_t port;
    char name[URL_HOST_MAX + 1];
};

static void dial(struct connection *c);

static struct connection *of_handle(void *handle)
{
    return ((uv_handle_t *)handle)->data;
}

static void open_handle(struct connection *c)
{
    uv_tcp_init(c->network->loop, &c->tcp);
    c->tcp.data = c;
    c->state = CONNECTION_NEW;
}

struct connection *connection_new(struct client *client, const struct url *url)
{
    struct connection *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->network = client->network;
    c->client = client;
    c->port = url->port;
    memcpy(c->name, url->host.at, url->host.n);
    open_handle(c);
    c->next = client->connections;
    if (c->next)
        c->next->prev = c;
    client->connections = c;
    return c;
}

static void unlink_from_client(struct connection *c)
{
    if (!c->client)
        return;
    if (c->prev)
        c->prev->next = c->next;
    else
        c->client->connections = c->next;
    if (c->next)
        c->next->prev = c->prev;
    c->prev = c->next = NULL;
    c->client = NULL;
}

struct connection *connection_next(const struct connection *c)
{
    return c->next;
}

bool connection_fits(const struct connection *c, const struct url *url)
{
    return !c->transfer && c->state == CONNECTION_OPEN &&
           c->port == url->port &&
           strncasecmp(c->name, url->host.at, url->host.n) == 0 &&
           c->name[url->host.n] == '\0';
}

/* The transfer leaves the connection. */
static struct transfer *take_transfer(struct connection *c)
{
    struct transfer *transfer = c->transfer;
    c->transfer = NULL;
    transfer->connection = NULL;
    deadline_clear(&c->network->deadlines, &c->deadline);
    return transfer;
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *c = of_handle(handle);
    if (c->transfer && c->again) {
        c->again = false;
        open_handle(c);
        dial(c);
        return;
    }
    struct transfer *transfer = c->transfer ? take_transfer(c) : NULL;
    unlink_from_client(c);
    free(c);
    if (transfer)
        transfer->done(transfer);
}

static void close_handle(struct connection *c)
{
    if (c->state == CONNECTION_CLOSING)
        return;
    c->state = CONNECTION_CLOSING;
    resolver_cancel(&c->lookup);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

void connection_abort(struct connection *c)
{
    if (c->transfer)
        take_transfer(c);
    close_handle(c);
}

void connection_orphan(struct connection *c)
{
    unlink_from_client(c);
    connection_abort(c);
}

/* The transfer has failed; its done is called when the handle is closed. */
static void fail(struct connection *c, enum client_error error,
                 const char *detail)
{
    if (c->state == CONNECTION_CLOSING)
        return;
    transfer_fail(c->transfer, error, detail);
    c->transfer->times.done_ns = clock_mono_ns();
    deadline_clear(&c->network->deadlines, &c->deadline);
    close_handle(c);
}

void connection_expired(struct deadline *deadline)
{
    struct connection *c =
        (struct connection *)((char *)deadline -
                              offsetof(struct connection, deadline));
    c->again = false;
    if (c->state == CONNECTION_CLOSING) { /* between two dials */
        transfer_fail(c->transfer, CLIENT_DIAL_TIMEOUT, NULL);
        c->transfer->times.done_ns = clock_mono_ns();
        return;
    }
    fail(c,
         c->transfer->times.connected_ns ? CLIENT_TIMEOUT : CLIENT_DIAL_TIMEOUT,
         NULL);
}

static void dial_again(struct connection *c)
{
    c->again = true;
    close_handle(c);
}

/* The server may close a kept-alive connection in the very moment in which it
 * is used again. Nothing was answered, so an idempotent request may go out
 * once more (as Go's client does). */
static bool may_retry(const struct connection *c)
{
    return c->reused && c->transfer->idempotent && c->transfer->n_received == 0;
}

static void lose(struct connection *c, enum client_error error)
{
    if (may_retry(c)) {
        c->transfer->times.sent_ns = 0;
        c->reused = false;
        c->n_dials = 0;
        dial_again(c);
        return;
    }
    fail(c, error, NULL);
}

static void finish(struct connection *c)
{
    struct transfer *transfer = take_transfer(c);
    transfer->times.done_ns = clock_mono_ns();
    if (!c->incoming.keep_alive || c->writing)
        close_handle(c);
    transfer->done(transfer);
}

static void on_stream_end(struct connection *c, ssize_t status)
{
    if (!c->transfer) {
        close_handle(c);
    } else if (status != UV_EOF) {
        lose(c, client_error_of_stream((int)status));
    } else if (c->transfer->n_received == 0) {
        lose(c, CLIENT_CLOSED);
    } else if (incoming_end_of_stream(&c->incoming) == INCOMING_DONE) {
        finish(c);
    } else {
        fail(c, c->incoming.error, c->incoming.detail);
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *data)
{
    struct connection *c = of_handle(stream);
    if (n == 0 || c->state == CONNECTION_CLOSING)
        return;
    if (n < 0 || !c->transfer) { /* an idle connection has nothing to say */
        on_stream_end(c, n);
        return;
    }
    if (c->transfer->n_received == 0)
        c->transfer->times.first_byte_ns = clock_mono_ns();
    c->transfer->n_received += (uint64_t)n;
    switch (incoming_feed(&c->incoming, data->base, (size_t)n)) {
    case INCOMING_MORE:
        break;
    case INCOMING_DONE:
        finish(c);
        break;
    case INCOMING_FAILED:
        fail(c, c->incoming.error, c->incoming.detail);
        break;
    }
}

static void lend_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    (void)size;
    struct network *network = of_handle(handle)->network;
    *buffer = uv_buf_init(network->read_buffer, sizeof network->read_buffer);
}

static void on_written(uv_write_t *write, int status)
{
    struct connection *c = of_handle(write->handle);
    c->writing = false;
    if (c->state == CONNECTION_CLOSING || !c->transfer)
        return;
    if (status < 0) {
        lose(c, client_error_of_stream(status));
        return;
    }
    c->transfer->n_sent = c->transfer->request.len;
    c->transfer->times.sent_ns = clock_mono_ns();
}

/* One write in the steady state; libuv sends what the socket did not take. */
static void write_request(struct connection *c)
{
    struct transfer *transfer = c->transfer;
    uv_stream_t *stream = (uv_stream_t *)&c->tcp;
    uv_buf_t rest =
        uv_buf_init(transfer->request.data, (unsigned)transfer->request.len);
    incoming_begin(&c->incoming, transfer);
    int n = uv_try_write(stream, &rest, 1);
    if (n == UV_EAGAIN)
        n = 0;
    if (n < 0) {
        lose(c, client_error_of_stream(n));
        return;
    }
    transfer->n_sent = (uint64_t)n;
    if ((unsigned)n == rest.len) {
        transfer->times.sent_ns = clock_mono_ns();
        return;
    }
    rest.base += n;
    rest.len -= (unsigned)n;
    int status = uv_write(&c->write, stream, &rest, 1, on_written);
    if (status < 0)
        lose(c, client_error_of_stream(status));
    else
        c->writing = true;
}

/* A name may have several addresses; the next transfer begins with the one
 * that answered. */
static void on_dial_failed(struct connection *c, int status)
{
    if (c->n_dials >= c->host->n_addresses) {
        fail(c, client_error_of_dial(status), NULL);
        return;
    }
    c->host->preferred = (c->host->preferred + 1) % c->host->n_addresses;
    dial_again(c);
}

static void on_dialled(uv_connect_t *request, int status)
{
    struct connection *c = of_handle(request->handle);
    if (c->state == CONNECTION_CLOSING || !c->transfer)
        return;
    if (status == 0)
        status = uv_read_start((uv_stream_t *)&c->tcp, lend_buffer, on_read);
    if (status < 0) {
        on_dial_failed(c, status);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    c->state = CONNECTION_OPEN;
    c->transfer->times.connected_ns = clock_mono_ns();
    write_request(c);
}

static void dial(struct connection *c)
{
    struct sockaddr_storage address = c->host->addresses[c->host->preferred];
    c->n_dials++;
    c->transfer->times.dial_ns = clock_mono_ns();
    c->transfer->times.connected_ns = 0;
    if (address.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&address)->sin6_port = htons(c->port);
    else
        ((struct sockaddr_in *)&address)->sin_port = htons(c->port);
    int status = uv_tcp_connect(&c->dial, &c->tcp,
                                (const struct sockaddr *)&address, on_dialled);
    if (status < 0)
        on_dial_failed(c, status);
}

static void on_lookup(struct lookup *lookup, struct host *host, int status)
{
    struct connection *c =
        (struct connection *)((char *)lookup -
                              offsetof(struct connection, lookup));
    if (!host) {
        fail(c, client_error_of_dns(status), NULL);
        return;
    }
    c->host = host;
    dial(c);
}

void connection_send(struct connection *c, struct transfer *transfer)
{
    c->transfer = transfer;
    transfer->connection = c;
    deadline_set(&c->network->deadlines, &c->deadline,
                 transfer->times.start_ns + transfer->timeout_ns);
    c->reused = c->state == CONNECTION_OPEN;
    c->n_dials = 0;
    if (c->reused) {
        transfer->times.connected_ns = transfer->times.start_ns;
        write_request(c);
    } else {
        c->lookup.done = on_lookup;
        resolver_ask(&c->network->resolver, c->name, &c->lookup);
    }
}
