/* client.c -- tests of core/client against the server of spec/faulty, which
 * does everything wrong.
 * Needs: time
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/client.h"
#include "client/fetch.h"
#include "client/request.h"
#include "../faulty/faulty.h"
#include "party.h"

#define TIMEOUT_NS (500 * INT64_C(1000000))
#define PATIENCE_NS (40 * TIMEOUT_NS) /* where no timeout is to be met */
#define BODY_MAX 100000

#define FAULTS_MAX 100

static int port;

static int start_server(void **state)
{
    (void)state;
    port = faulty_start();
    return port < 0 ? -1 : 0;
}

static int stop_server(void **state)
{
    (void)state;
    faulty_stop();
    return 0;
}

/* --- requests and what becomes of them --------------------------------- */

static char url_text[FAULTS_MAX][64];

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
    transfer->timeout_ns =
        faults[fault].error == CLIENT_TIMEOUT ? TIMEOUT_NS : PATIENCE_NS;
    transfer->body_max = BODY_MAX;
}

static void assert_outcome(const struct transfer *transfer, size_t fault)
{
    const struct fault *expected = &faults[fault];
    /* Redirects are the business of chains. */
    bool redirects = expected->error == CLIENT_BAD_REDIRECT;
    enum client_error error = redirects ? CLIENT_OK : expected->error;
    int status = redirects ? 302 : expected->status;
    if (transfer->error != error || transfer->status != status)
        print_error("fault '%s': error %d, status %d\n", expected->name,
                    (int)transfer->error, transfer->status);
    assert_int_equal(transfer->error, error);
    assert_int_equal(transfer->status, status);
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
    for (size_t i = 0; i < 2 * n_faults; i++) {
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
    int before = faulty_n_connections;
    for (int i = 0; i < 50; i++) {
        aim(&transfer, "GET", (size_t)i % 7); /* all of these keep it */
        party_run(&party, &client, &transfer);
        assert_outcome(&transfer, (size_t)i % 7);
        assert_int_equal(transfer.times.dial_ns != 0, i == 0);
    }
    assert_int_equal(faulty_n_connections - before, 1);
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
    aim(&transfer, "POST", fault_named("keep-alive lost"));
    party_run(&party, &client, &transfer);
    assert_int_equal(transfer.status, 200);
    party_run(&party, &client, &transfer);
    assert_int_equal(transfer.error, CLIENT_CLOSED);
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

static void note_if_dead(uv_handle_t *handle, void *ctx)
{
    bool *is_dead = ctx;
    struct tcp_info info;
    socklen_t size = sizeof info;
    int fd;
    if (handle->type == UV_TCP && uv_fileno(handle, &fd) == 0 &&
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
        *is_dead |= info.tcpi_state == TCP_CLOSE;
}

/* Waits, without running the loop, until the kernel has taken the server's
 * reset on the client's only connection: on a busy machine it comes late. */
static void wait_until_dead(struct party *party)
{
    for (bool is_dead = false; !is_dead; usleep(1000))
        uv_walk(&party->loop, note_if_dead, &is_dead);
}

/* The connection ends while the client's loop does not run, so that the client
 * has not read the end: the write fails with EPIPE, and SIGPIPE would end the
 * program.
 */
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
        aim(&transfer, "POST", fault_named("dies when idle"));
        transfer.idempotent = idempotent;
        faulty_lets_idle_live = true;
        party_run(&party, &client, &transfer);
        assert_int_equal(transfer.status, 200);
        faulty_lets_idle_live = false;
        wait_until_dead(&party);
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
    if (c->n_done == n_faults * N_ROUNDS) {
        client_close(&c->client);
        c->party->n_open--;
        return;
    }
    aim(&c->transfer, "GET", (c->number + c->n_done) % n_faults);
    assert_true(client_send(&c->client, &c->transfer));
}

static void crowd_done(struct transfer *transfer)
{
    struct crowd_client *c = transfer->ctx;
    size_t fault = (c->number + c->n_done) % n_faults;
    /* The other clients keep the loop busy: the timeout may be over before the
     * loop sees that the client is connected. */
    if (faults[fault].error == CLIENT_TIMEOUT &&
        transfer->error == CLIENT_DIAL_TIMEOUT)
        transfer->error = CLIENT_TIMEOUT;
    assert_outcome(transfer, fault);
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
        assert_int_equal(clients[i].n_done, n_faults * N_ROUNDS);
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
    assert_true(client_fetch(url, PATIENCE_NS, BODY_MAX, &body, &status, &err));
    assert_int_equal(status, 200);
    assert_string_equal(buf_cstr(&body), "abcde");
    buf_fini(&body);

    assert_false(client_fetch(url, PATIENCE_NS, 4, &body, &status, &err));
    assert_non_null(strstr(err.message, "too large"));
    assert_false(
        client_fetch("gopher://x", PATIENCE_NS, 4, &body, &status, &err));
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
