/* client.c -- tests of core/client against a server that does everything
 * wrong. The path of a request is the number of the case below: what the
 * server sends, and what it does then. Real sockets, a thread per connection.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/gzip.h"
#include "client/client.h"
#include "client/fetch.h"
#include "client/request.h"
#include "party.h"

#define TIMEOUT_NS (500 * INT64_C(1000000))
#define BODY_MAX 100000

enum act {
    KEEP,         /* serve the next request */
    CLOSE,        /* orderly */
    RESET,        /* by RST */
    STALL,        /* say nothing more until the client goes */
    SLOWLY,       /* send byte by byte, then KEEP */
    ENDLESS_BODY, /* chunks until the client goes */
    ENDLESS_HEAD, /* header fields until the client goes */
    DIE_IDLE,     /* end the connection after the reply: FIN, then RST */
    CLOSE_SECOND, /* answer one request, then close at the next */
    /* `reply` is the Content-Encoding; the body, compressed, is ENCODED_TEXT */
    ENCODED,
    ENCODED_CUT,     /* but for its last bytes */
    ENCODED_DAMAGED, /* with other bytes in the middle */
    ENCODED_BOMB,    /* is 64 times the largest body that is allowed */
};

#define ENCODED_TEXT "what is said twice is said twice: once, and once more"

static const struct fault {
    const char *name;
    const char *reply;
    enum act act;
    int status; /* expected */
    const char *body;
    enum client_error error;
} faults[] = {
    {"plain", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", KEEP, 200,
     "hello", CLIENT_OK},
    {"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", KEEP, 200, "",
     CLIENT_OK},
    {"chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n",
     KEEP, 200, "abcde", CLIENT_OK},
    {"slow bytes",
     "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\n0\r\n\r\n",
     SLOWLY, 200, "abc", CLIENT_OK},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", KEEP, 204, "", CLIENT_OK},
    {"304 with a length", "HTTP/1.1 304 Not\r\nContent-Length: 9\r\n\r\n", KEEP,
     304, "", CLIENT_OK},
    {"interim reply",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
     "HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok",
     KEEP, 201, "ok", CLIENT_OK},
    {"until close", "HTTP/1.1 200 OK\r\n\r\nall of it", CLOSE, 200, "all of it",
     CLIENT_OK},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nold", CLOSE, 200, "old", CLIENT_OK},
    {"says close",
     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
     CLOSE, 200, "x", CLIENT_OK},
    {"bytes left over", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxGARBAGE",
     KEEP, 200, "x", CLIENT_OK},
    {"server error", "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno", KEEP,
     500, "no", CLIENT_OK},
    {"closed at once", "", CLOSE, 0, "", CLIENT_CLOSED},
    {"reset at once", "", RESET, 0, "", CLIENT_RESET},
    {"closed in the head", "HTTP/1.1 200 OK\r\nConte", CLOSE, 0, "",
     CLIENT_INCOMPLETE},
    {"closed in the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
     CLOSE, 0, "", CLIENT_INCOMPLETE},
    {"closed in a chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", CLOSE, 0,
     "", CLIENT_INCOMPLETE},
    {"stalled at once", "", STALL, 0, "", CLIENT_TIMEOUT},
    {"stalled in the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
     STALL, 0, "", CLIENT_TIMEOUT},
    {"not HTTP", "220 mail.example ESMTP\r\n", STALL, 0, "", CLIENT_MALFORMED},
    {"bad length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", STALL, 0,
     "", CLIENT_MALFORMED},
    {"two lengths",
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
     STALL, 0, "", CLIENT_MALFORMED},
    {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     STALL, 0, "", CLIENT_MALFORMED},
    {"upgrade",
     "HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", STALL,
     0, "", CLIENT_MALFORMED},
    {"endless body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     ENDLESS_BODY, 0, "", CLIENT_BODY_TOO_LARGE},
    {"endless head", "HTTP/1.1 200 OK\r\n", ENDLESS_HEAD, 0, "",
     CLIENT_HEAD_TOO_LARGE},
    {"gzip", "gzip", ENCODED, 200, ENCODED_TEXT, CLIENT_OK},
    {"zlib", "Deflate", ENCODED, 200, ENCODED_TEXT, CLIENT_OK},
    {"bare deflate", "deflate-bare", ENCODED, 200, ENCODED_TEXT, CLIENT_OK},
    {"gzip in deflate", "gzip ,deflate", ENCODED, 200, ENCODED_TEXT, CLIENT_OK},
    {"gzip, cut", "gzip", ENCODED_CUT, 0, "", CLIENT_DECODING},
    {"gzip, damaged", "gzip", ENCODED_DAMAGED, 0, "", CLIENT_DECODING},
    {"deflate, cut", "deflate", ENCODED_CUT, 0, "", CLIENT_DECODING},
    {"gzip that is none",
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"
     "hello",
     KEEP, 0, "", CLIENT_DECODING},
    {"empty gzip",
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
     KEEP, 200, "", CLIENT_OK},
    {"unknown encoding",
     "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\n"
     "hello",
     KEEP, 200, "hello", CLIENT_OK},
    {"gzip bomb", "gzip", ENCODED_BOMB, 0, "", CLIENT_BODY_TOO_LARGE},
    {"gzip bomb in a gzip", "gzip, gzip", ENCODED_BOMB, 0, "",
     CLIENT_BODY_TOO_LARGE},
    {"dies when idle", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndied",
     DIE_IDLE, 200, "died", CLIENT_OK},
    {"keep-alive lost", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept",
     CLOSE_SECOND, 200, "kept", CLIENT_OK},
};
#define N_FAULTS (sizeof faults / sizeof *faults)

/* --- the server -------------------------------------------------------- */

static int listener;
static int port;
static atomic_int n_connections;

static bool send_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        n -= (size_t)sent;
    }
    return true;
}

static void send_slowly(int fd, const char *reply)
{
    for (; *reply; reply++) {
        send_all(fd, reply, 1);
        usleep(500);
    }
}

/* Until the client has closed; what it still says is dropped. */
static void wait_for_close(int fd)
{
    char bytes[4096];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        ;
}

static void send_endlessly(int fd, const char *part)
{
    while (send_all(fd, part, strlen(part)))
        ;
}

/* Put one more coding on the body. */
static void compress_with(const char *coding, struct buf *body)
{
    struct err err;
    struct buf out = BUF_INIT;
    bool bare = strstr(coding, "bare") != NULL;
    if (strcasestr(coding, "gzip")) {
        assert_true(gzip_compress(body->data, body->len, 9, &out, &err));
    } else {
        z_stream z = {0};
        deflateInit2(&z, 9, Z_DEFLATED, bare ? -15 : 15, 8, Z_DEFAULT_STRATEGY);
        assert_true(buf_reserve(&out, body->len + 1000));
        z.next_in = (unsigned char *)body->data;
        z.avail_in = (unsigned)body->len;
        z.next_out = (unsigned char *)out.data;
        z.avail_out = (unsigned)out.cap;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        out.len = z.total_out;
        deflateEnd(&z);
    }
    buf_fini(body);
    *body = out;
}

static void send_encoded(int fd, const struct fault *fault)
{
    char list[64], *rest = list;
    struct buf body = BUF_INIT, reply = BUF_INIT;
    if (fault->act == ENCODED_BOMB) {
        assert_true(buf_reserve(&body, 64 * BODY_MAX));
        memset(body.data, 0, body.len = 64 * BODY_MAX);
    } else {
        buf_puts(&body, ENCODED_TEXT);
    }
    snprintf(list, sizeof list, "%s", fault->reply);
    for (char *coding; (coding = strsep(&rest, ","));)
        compress_with(coding, &body);
    if (fault->act == ENCODED_CUT)
        body.len -= 5;
    if (fault->act == ENCODED_DAMAGED)
        memset(body.data + body.len / 2, 0xff, 8);
    buf_printf(&reply,
               "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
               "Content-Encoding: %.*s\r\n\r\n",
               body.len, (int)strcspn(fault->reply, "-"), fault->reply);
    buf_append(&reply, body.data, body.len);
    send_all(fd, reply.data, reply.len);
    buf_fini(&body);
    buf_fini(&reply);
}

/* True: go on with this connection. */
static bool answer(int fd, const struct fault *fault, int n_before)
{
    static const struct linger at_once = {1, 0};
    if (fault->act == CLOSE_SECOND && n_before > 0)
        return false;
    if (fault->act == SLOWLY)
        send_slowly(fd, fault->reply);
    else if (fault->act >= ENCODED)
        send_encoded(fd, fault);
    else
        send_all(fd, fault->reply, strlen(fault->reply));
    switch (fault->act) {
    case KEEP:
    case SLOWLY:
    case CLOSE_SECOND:
    case ENCODED:
    case ENCODED_CUT:
    case ENCODED_DAMAGED:
    case ENCODED_BOMB:
        return true;
    case RESET:
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    case DIE_IDLE:
        shutdown(fd, SHUT_WR);
        usleep(5000);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    case STALL:
        wait_for_close(fd);
        return false;
    case ENDLESS_BODY:
        send_endlessly(fd, "10\r\n0123456789abcdef\r\n");
        return false;
    case ENDLESS_HEAD:
        send_endlessly(fd, "X-Field: 0123456789abcdef\r\n");
        return false;
    default:
        return false;
    }
}

static void *serve_connection(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char head[4096] = "";
    bool go_on = true;
    for (int n_before = 0; go_on; n_before++) {
        size_t n = 0;
        while (n < sizeof head - 1 && !strstr(head, "\r\n\r\n")) {
            ssize_t got = recv(fd, head + n, sizeof head - 1 - n, 0);
            if (got <= 0)
                goto done;
            head[n += (size_t)got] = '\0';
        }
        const char *path = strchr(head, '/');
        size_t which = path ? strtoul(path + 1, NULL, 10) : 0;
        go_on = which < N_FAULTS && answer(fd, &faults[which], n_before);
        head[0] = '\0';
    }
done:
    close(fd);
    return NULL;
}

static void *serve(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        n_connections++;
        pthread_t thread;
        pthread_attr_t detached;
        pthread_attr_init(&detached);
        pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
        pthread_create(&thread, &detached, serve_connection,
                       (void *)(intptr_t)fd);
        pthread_attr_destroy(&detached);
    }
}

static int start_server(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, n) < 0 ||
        listen(listener, 256) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &n) < 0)
        return -1;
    port = ntohs(address.sin_port);
    pthread_t thread;
    pthread_create(&thread, NULL, serve, NULL);
    pthread_detach(thread);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    shutdown(listener, SHUT_RDWR);
    close(listener);
    return 0;
}

/* --- requests and what becomes of them --------------------------------- */

static char url_text[N_FAULTS][64];

static void aim(struct transfer *transfer, const char *method, size_t fault)
{
    snprintf(url_text[fault], sizeof url_text[fault], "http://127.0.0.1:%d/%zu",
             port, fault);
    struct err err;
    assert_true(url_parse(&transfer->url, url_text[fault],
                          strlen(url_text[fault]), &err));
    request_begin(&transfer->request, method, &transfer->url);
    request_host(&transfer->request, &transfer->url);
    request_end(&transfer->request, NULL, 0);
    transfer->head_only = strcmp(method, "HEAD") == 0;
    transfer->idempotent = strcmp(method, "POST") != 0;
    transfer->keep_headers = transfer->keep_body = true;
    /* Short only where it is to be met: the machine may be busy. */
    transfer->timeout_ns =
        faults[fault].error == CLIENT_TIMEOUT ? TIMEOUT_NS : 40 * TIMEOUT_NS;
    transfer->body_max = BODY_MAX;
}

static void assert_outcome(const struct transfer *transfer, size_t fault)
{
    const struct fault *expected = &faults[fault];
    if (transfer->error != expected->error ||
        transfer->status != expected->status)
        print_error("fault '%s': error %d, status %d\n", expected->name,
                    (int)transfer->error, transfer->status);
    assert_int_equal(transfer->error, expected->error);
    assert_int_equal(transfer->status, expected->status);
    assert_int_equal(transfer->body.len, strlen(expected->body));
    if (transfer->body.len)
        assert_memory_equal(transfer->body.data, expected->body,
                            transfer->body.len);
    assert_true(transfer->body.cap <= 2 * BODY_MAX);
    assert_true(transfer->times.done_ns >= transfer->times.start_ns);
}

/* Each fault twice on one client: the second time on a connection that was
 * kept, where the first left one. */
static void faults_are_classified(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);
    for (size_t i = 0; i < 2 * N_FAULTS; i++) {
        aim(&transfer, "GET", i / 2);
        party_run(&party, &client, &transfer);
        assert_outcome(&transfer, i / 2);
    }
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

static void connections_are_kept(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);
    int before = n_connections;
    for (int i = 0; i < 50; i++) {
        aim(&transfer, "GET", (size_t)i % 7); /* all of these keep it */
        party_run(&party, &client, &transfer);
        assert_outcome(&transfer, (size_t)i % 7);
        assert_int_equal(transfer.times.dial_ns != 0, i == 0);
    }
    assert_int_equal(n_connections - before, 1);
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

static void heads_and_trailers(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);
    /* What comes where no body may come is thrown away with the connection. */
    aim(&transfer, "HEAD", 0);
    party_run(&party, &client, &transfer);
    assert_int_equal(transfer.status, 200);
    assert_int_equal(transfer.body.len, 0);
    assert_string_equal(transfer_header(&transfer, "content-LENGTH"), "5");
    assert_null(transfer_header(&transfer, "content"));
    aim(&transfer, "GET", 0);
    party_run(&party, &client, &transfer);
    assert_outcome(&transfer, 0);
    aim(&transfer, "GET", 2);
    party_run(&party, &client, &transfer);
    assert_non_null(transfer_header(&transfer, "transfer-encoding"));
    assert_null(transfer_header(&transfer, "trailer"));
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

/* "keep-alive lost" answers one request per connection. */
static void only_idempotent_requests_are_repeated(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);
    aim(&transfer, "POST", N_FAULTS - 1);
    party_run(&party, &client, &transfer);
    assert_int_equal(transfer.status, 200);
    party_run(&party, &client, &transfer);
    assert_int_equal(transfer.error, CLIENT_CLOSED);
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

/* Nobody has told the client yet that the connection is gone: the write fails
 * with EPIPE, and SIGPIPE would end the program. */
static void writes_to_dead_connections_fail(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);
    for (int idempotent = 0; idempotent < 2; idempotent++) {
        aim(&transfer, "POST", N_FAULTS - 2);
        transfer.idempotent = idempotent;
        party_run(&party, &client, &transfer);
        assert_int_equal(transfer.status, 200);
        usleep(100000);
        party_run(&party, &client, &transfer);
        assert_int_equal(transfer.status, idempotent ? 200 : 0);
        assert_int_equal(transfer.error,
                         idempotent ? CLIENT_OK : CLIENT_BROKEN_PIPE);
    }
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

static void refused_and_unknown(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    struct err err;
    char text[64];
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);

    /* A port that was free a moment ago. */
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
    getsockname(fd, (struct sockaddr *)&address, &n);
    aim(&transfer, "GET", 0);
    snprintf(text, sizeof text, "http://127.0.0.1:%d/",
             ntohs(address.sin_port));
    assert_true(url_parse(&transfer.url, text, strlen(text), &err));
    party_run(&party, &client, &transfer);
    assert_int_equal(transfer.error, CLIENT_DIAL_REFUSED);
    close(fd);

    assert_true(url_parse(&transfer.url, "http://no.such.invalid/", 23, &err));
    transfer.timeout_ns = 30 * INT64_C(1000000000);
    party_run(&party, &client, &transfer);
    assert_true(transfer.error == CLIENT_NO_SUCH_HOST ||
                transfer.error == CLIENT_DNS);
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

static void request_larger_than_the_socket(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);
    aim(&transfer, "POST", 17); /* stalls, but reads what comes */
    size_t n = (size_t)16 << 20;
    char *body = calloc(1, n);
    request_begin(&transfer.request, "POST", &transfer.url);
    request_end(&transfer.request, body, n);
    transfer.timeout_ns = 2000 * INT64_C(1000000);
    party_run(&party, &client, &transfer);
    assert_int_equal(transfer.error, CLIENT_TIMEOUT);
    assert_int_equal(transfer.n_sent, transfer.request.len);
    assert_true(transfer.times.sent_ns > transfer.times.connected_ns);
    free(body);
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

/* --- many clients, all faults at once ---------------------------------- */

#define N_CLIENTS 64
#define N_ROUNDS 1

struct crowd_client {
    struct party *party;
    struct client client;
    struct transfer transfer;
    size_t number, n_done;
};

static void crowd_next(struct crowd_client *c)
{
    if (c->n_done == N_FAULTS * N_ROUNDS) {
        client_close(&c->client);
        c->party->n_open--;
        return;
    }
    aim(&c->transfer, "GET", (c->number + c->n_done) % N_FAULTS);
    assert_true(client_send(&c->client, &c->transfer));
}

static void crowd_done(struct transfer *transfer)
{
    struct crowd_client *c = transfer->ctx;
    assert_outcome(transfer, (c->number + c->n_done) % N_FAULTS);
    c->n_done++;
    crowd_next(c);
}

static void crowd_of_clients(void **state)
{
    (void)state;
    static struct crowd_client clients[N_CLIENTS];
    struct party party;
    party_init(&party);
    party.n_open = N_CLIENTS;
    for (size_t i = 0; i < N_CLIENTS; i++) {
        struct crowd_client *c = &clients[i];
        c->party = &party;
        c->number = i;
        client_init(&c->client, &party.network);
        transfer_init(&c->transfer);
        c->transfer.done = crowd_done;
        c->transfer.ctx = c;
        crowd_next(c);
    }
    uv_run(&party.loop, UV_RUN_DEFAULT);
    assert_int_equal(party.n_open, 0);
    for (size_t i = 0; i < N_CLIENTS; i++) {
        assert_int_equal(clients[i].n_done, N_FAULTS * N_ROUNDS);
        transfer_fini(&clients[i].transfer);
    }
    party_fini(&party);
}

static void must_not_be_called(struct transfer *transfer)
{
    (void)transfer;
    fail_msg("done was called after the transfer was aborted");
}

static void aborted_transfers_say_nothing(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer first, second;
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&first);
    transfer_init(&second);
    aim(&first, "GET", 17);
    aim(&second, "GET", 18);
    first.done = second.done = must_not_be_called;
    assert_true(client_send(&client, &first));
    assert_true(client_send(&client, &second));
    for (int i = 0; i < 5; i++)
        uv_run(&party.loop, UV_RUN_NOWAIT);
    client_abort(&first);
    client_abort(&first);
    client_close(&client); /* aborts the second */
    transfer_fini(&first);
    transfer_fini(&second);
    party_fini(&party);
}

/* --- the blocking helper ----------------------------------------------- */

static void fetches(void **state)
{
    (void)state;
    struct buf body = BUF_INIT;
    struct err err = {""};
    int status = 0;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/2", port);
    assert_true(client_fetch(url, TIMEOUT_NS, BODY_MAX, &body, &status, &err));
    assert_int_equal(status, 200);
    assert_string_equal(buf_cstr(&body), "abcde");
    buf_fini(&body);

    assert_false(client_fetch(url, TIMEOUT_NS, 4, &body, &status, &err));
    assert_non_null(strstr(err.message, "too large"));
    assert_false(
        client_fetch("gopher://x", TIMEOUT_NS, 4, &body, &status, &err));
    assert_non_null(strstr(err.message, "invalid URL"));
    snprintf(url, sizeof url, "http://127.0.0.1:%d/17", port);
    int64_t before = clock_mono_ns();
    assert_false(client_fetch(url, TIMEOUT_NS, 4, &body, &status, &err));
    assert_non_null(strstr(err.message, "timeout"));
    assert_true(clock_mono_ns() - before >= TIMEOUT_NS);
    buf_fini(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_classified),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(heads_and_trailers),
        cmocka_unit_test(only_idempotent_requests_are_repeated),
        cmocka_unit_test(writes_to_dead_connections_fail),
        cmocka_unit_test(refused_and_unknown),
        cmocka_unit_test(request_larger_than_the_socket),
        cmocka_unit_test(crowd_of_clients),
        cmocka_unit_test(aborted_transfers_say_nothing),
        cmocka_unit_test(fetches),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
