#include "client/connection.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "client/client.h"
#include "client/content.h"
#include "client/incoming.h"
#include "client/transport.h"

struct connection {
    struct transport transport;
    struct client *client; /* NULL after connection_orphan_all */
    struct list_link in_client;
    struct transfer *transfer; /* NULL if idle */
    struct deadline deadline;
    struct incoming incoming;
    struct lookup lookup;
    struct host *host;
    unsigned n_dials; /* addresses tried for this transfer */
    unsigned address; /* index of the address that was dialled last */
    bool reused;      /* it was open already when the transfer came */
    bool again;       /* after the close, dial again for this transfer */
    bool secure;
    uint16_t port;
    char name[URL_HOST_MAX + 1];
};

static void dial(struct connection *c);
static const struct transport_events events;

static struct connection *of_transport(struct transport *transport)
{
    return container_of(transport, struct connection, transport);
}

static struct network *network_of(const struct connection *c)
{
    return c->transport.network;
}

struct connection *connection_new(struct client *client, const struct url *url)
{
    struct connection *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->client = client;
    c->secure = url->secure;
    c->port = url->port;
    memcpy(c->name, url->host.at, url->host.n);
    transport_init(&c->transport, client->network, &events);
    list_prepend(&client->connections, &c->in_client);
    return c;
}

static void unlink_from_client(struct connection *c)
{
    if (!c->client)
        return;
    transport_forget(&c->transport);
    list_remove(&c->in_client);
    c->client = NULL;
}

static bool can_carry(const struct connection *c, const struct url *url)
{
    return !c->transfer && c->transport.state == TRANSPORT_OPEN &&
           c->port == url->port && c->secure == url->secure &&
           strncasecmp(c->name, url->host.at, url->host.n) == 0 &&
           c->name[url->host.n] == '\0';
}

struct connection *connection_find_idle(const struct client *client,
                                        const struct url *url)
{
    list_each (struct connection, c, &client->connections, in_client)
        if (can_carry(c, url))
            return c;
    return NULL;
}

struct transfer *connection_first_transfer(const struct client *client)
{
    list_each (struct connection, c, &client->connections, in_client)
        if (c->transfer)
            return c->transfer;
    return NULL;
}

/* Detaches the transfer from the connection and returns it. */
static struct transfer *take_transfer(struct connection *c)
{
    struct transfer *transfer = c->transfer;
    c->transfer = NULL;
    transfer->connection = NULL;
    transfer->n_sent = c->transport.n_sent;
    transfer->n_received = c->transport.n_received;
    deadline_clear(&network_of(c)->deadlines, &c->deadline);
    return transfer;
}

static void on_transport_closed(struct transport *transport)
{
    struct connection *c = of_transport(transport);
    if (c->transfer && c->again) {
        uint64_t n_sent = transport->n_sent, n_received = transport->n_received;
        c->again = false;
        transport_init(transport, transport->network, &events);
        transport->n_sent = n_sent;
        transport->n_received = n_received;
        dial(c);
        return;
    }
    struct transfer *transfer = c->transfer ? take_transfer(c) : NULL;
    unlink_from_client(c);
    free(c);
    if (transfer)
        transfer->done(transfer);
}

static void close_transport(struct connection *c)
{
    resolver_cancel(&c->lookup);
    transport_close(&c->transport);
}

void connection_abort(struct connection *c)
{
    if (c->transfer)
        take_transfer(c);
    close_transport(c);
}

void connection_orphan_all(struct client *client)
{
    list_each (struct connection, c, &client->connections, in_client) {
        unlink_from_client(c);
        connection_abort(c);
    }
}

/* Fails the transfer. Its `done` is called when the transport is closed. */
static void fail_transfer(struct connection *c, enum client_error error,
                          const char *detail)
{
    if (c->transport.state == TRANSPORT_CLOSING)
        return;
    transfer_fail(c->transfer, error, detail);
    c->transfer->times.done_ns = clock_mono_ns();
    deadline_clear(&network_of(c)->deadlines, &c->deadline);
    close_transport(c);
}

void connection_expired(struct deadline *deadline)
{
    struct connection *c = container_of(deadline, struct connection, deadline);
    const struct transfer_times *times = &c->transfer->times;
    bool dialled = times->connected_ns || times->handshake_ns;
    c->again = false;
    if (c->transport.state == TRANSPORT_CLOSING) { /* between two dials */
        transfer_fail(c->transfer, CLIENT_DIAL_TIMEOUT, NULL);
        c->transfer->times.done_ns = clock_mono_ns();
        return;
    }
    fail_transfer(c, dialled ? CLIENT_TIMEOUT : CLIENT_DIAL_TIMEOUT, NULL);
}

static void dial_again(struct connection *c)
{
    c->again = true;
    close_transport(c);
}

static bool has_begun(const struct connection *c)
{
    return c->transfer->times.first_byte_ns != 0;
}

/* A server may close a kept-alive connection at the moment in which it is used
 * again. No byte of a reply has come then, so an idempotent request may be sent
 * again, as in Go's client. */
static bool may_retry(const struct connection *c)
{
    return c->reused && c->transfer->idempotent && !has_begun(c);
}

static void retry_or_fail(struct connection *c, enum client_error error,
                          const char *detail)
{
    if (may_retry(c)) {
        c->transfer->times.sent_ns = 0;
        c->reused = false;
        c->n_dials = 0;
        dial_again(c);
        return;
    }
    fail_transfer(c, error, detail);
}

static void finish_transfer(struct connection *c)
{
    struct transfer *transfer = take_transfer(c);
    transfer->times.done_ns = clock_mono_ns();
    if (transfer->encoded)
        content_decode(transfer, &network_of(c)->decoded);
    if (!c->incoming.keep_alive || c->transport.writing)
        close_transport(c);
    transfer->done(transfer);
}

static void on_peer_ended(struct transport *transport, enum client_error error,
                          const char *detail)
{
    struct connection *c = of_transport(transport);
    bool cut = error == CLIENT_INCOMPLETE;
    if (!c->transfer)
        close_transport(c);
    else if (error != CLIENT_OK && !cut)
        retry_or_fail(c, error, detail);
    else if (!has_begun(c))
        retry_or_fail(c, CLIENT_CLOSED, NULL);
    else if (!cut && incoming_end_of_stream(&c->incoming) == INCOMING_DONE)
        finish_transfer(c);
    else
        fail_transfer(c, CLIENT_INCOMPLETE, detail);
}

static void on_bytes_received(struct transport *transport, const char *data,
                              size_t n)
{
    struct connection *c = of_transport(transport);
    if (!c->transfer) { /* bytes without a request */
        close_transport(c);
        return;
    }
    if (!has_begun(c))
        c->transfer->times.first_byte_ns = clock_mono_ns();
    switch (incoming_feed(&c->incoming, data, n)) {
    case INCOMING_MORE:
        break;
    case INCOMING_DONE:
        finish_transfer(c);
        break;
    case INCOMING_FAILED:
        fail_transfer(c, c->incoming.error, c->incoming.detail);
        break;
    }
}

static void on_request_sent(struct transport *transport)
{
    struct connection *c = of_transport(transport);
    if (c->transfer)
        c->transfer->times.sent_ns = clock_mono_ns();
}

static void write_transfer_request(struct connection *c)
{
    struct transfer *transfer = c->transfer;
    const struct buf *request = transfer_request(transfer);
    enum client_error error;
    incoming_begin(&c->incoming, transfer);
    switch (
        transport_write(&c->transport, request->data, request->len, &error)) {
    case TRANSPORT_SENT:
        transfer->times.sent_ns = clock_mono_ns();
        break;
    case TRANSPORT_LATER:
        break;
    case TRANSPORT_BROKEN:
        retry_or_fail(c, error, NULL);
        break;
    }
}

/* Dials the host's next address. Each connection tries all addresses, whatever
 * other connections find that dial at the same time. */
static void on_dial_failed(struct connection *c, int status)
{
    if (c->n_dials >= c->host->n_addresses) {
        fail_transfer(c, client_error_of_dial(status), NULL);
        return;
    }
    dial_again(c);
}

static void on_refused(struct transport *transport, int status,
                       enum client_error error, const char *detail)
{
    struct connection *c = of_transport(transport);
    if (!c->transfer)
        close_transport(c);
    else if (status < 0)
        on_dial_failed(c, status);
    else
        fail_transfer(c, error, detail);
}

static void on_tcp_connected(struct transport *transport)
{
    struct connection *c = of_transport(transport);
    c->host->preferred = c->address;
    if (c->secure)
        c->transfer->times.handshake_ns = clock_mono_ns();
}

static void on_opened(struct transport *transport)
{
    struct connection *c = of_transport(transport);
    c->transfer->times.connected_ns = clock_mono_ns();
    write_transfer_request(c);
}

static const struct transport_events events = {
    .dialled = on_tcp_connected,
    .opened = on_opened,
    .refused = on_refused,
    .sent = on_request_sent,
    .received = on_bytes_received,
    .ended = on_peer_ended,
    .closed = on_transport_closed,
};

static void dial(struct connection *c)
{
    unsigned next = c->n_dials == 0 ? c->host->preferred : c->address + 1;
    c->address = next % c->host->n_addresses;
    struct sockaddr_storage address = c->host->addresses[c->address];
    struct transfer_times *times = &c->transfer->times;
    struct transport_peer peer = {
        .host = c->name,
        .port = c->port,
        .sessions = c->secure ? &c->client->sessions : NULL,
    };
    c->n_dials++;
    times->dial_ns = clock_mono_ns();
    times->handshake_ns = times->connected_ns = 0;
    if (address.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&address)->sin6_port = htons(c->port);
    else
        ((struct sockaddr_in *)&address)->sin_port = htons(c->port);
    int status =
        transport_dial(&c->transport, (const struct sockaddr *)&address, &peer);
    if (status < 0)
        on_dial_failed(c, status);
}

static void on_lookup(struct lookup *lookup, struct host *host, int status)
{
    struct connection *c = container_of(lookup, struct connection, lookup);
    if (!host) {
        fail_transfer(c, client_error_of_dns(status), NULL);
        return;
    }
    c->host = host;
    dial(c);
}

void connection_send(struct connection *c, struct transfer *transfer)
{
    c->transfer = transfer;
    transfer->connection = c;
    deadline_set(&network_of(c)->deadlines, &c->deadline,
                 transfer->times.start_ns + transfer->timeout_ns);
    c->reused = c->transport.state == TRANSPORT_OPEN;
    c->n_dials = 0;
    c->transport.n_sent = c->transport.n_received = 0;
    if (c->reused) {
        transfer->times.connected_ns = transfer->times.start_ns;
        write_transfer_request(c);
    } else {
        c->lookup.done = on_lookup;
        resolver_ask(&network_of(c)->resolver, c->name, &c->lookup);
    }
}
