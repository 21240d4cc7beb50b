/* tls.c -- tests of core/client over TLS, against the server of
 * spec/faulty/faulty_tls.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/fetch.h"
#include "client/request.h"
#include "../faulty/faulty_tls.h"
#include "party.h"

#define SECOND_NS INT64_C(1000000000)

static const struct tls_fault *fault_named(const char *name)
{
    for (size_t i = 0; i < n_tls_faults; i++)
        if (strcmp(tls_faults[i].name, name) == 0)
            return &tls_faults[i];
    fail_msg("no fault '%s'", name);
    return NULL;
}

static int start_server(void **state)
{
    (void)state;
    return faulty_tls_start() ? 0 : -1;
}

static int stop_server(void **state)
{
    (void)state;
    return faulty_tls_stop() ? 0 : -1;
}

static void aim(struct transfer *transfer, const struct tls_fault *fault,
                char text[64])
{
    struct err err;
    snprintf(text, 64, "https://%s:%d/", fault->host, fault->port);
    assert_true(url_parse(&transfer->url, text, strlen(text), &err));
    request_begin(&transfer->request, "GET", &transfer->url);
    request_host(&transfer->request, &transfer->url);
    request_end(&transfer->request, NULL, 0);
    transfer->idempotent = transfer->keep_body = true;
    transfer->timeout_ns = fault->act == STALL ? SECOND_NS / 2 : 30 * SECOND_NS;
}

static void assert_outcome(const struct transfer *transfer,
                           const struct tls_fault *fault)
{
    if (transfer->error != fault->error)
        print_error("fault '%s': error %d, %s\n", fault->name,
                    (int)transfer->error,
                    transfer->detail ? transfer->detail : "no detail");
    assert_int_equal(transfer->error, fault->error);
    assert_int_equal(transfer->status, fault->error ? 0 : 200);
    assert_int_equal(transfer->body.len, fault->error ? 0 : FAULTY_TLS_BODY);
    if (!fault->error)
        assert_true(transfer->n_received > FAULTY_TLS_BODY);
}

static void faults_are_classified(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    char text[64];
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);
    for (size_t i = 0; i < 3 * n_tls_faults; i++) {
        aim(&transfer, &tls_faults[i / 3], text);
        party_run(&party, &client, &transfer);
        assert_outcome(&transfer, &tls_faults[i / 3]);
    }
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

static void details_tell_more(void **state)
{
    (void)state;
    static const struct {
        const char *fault, *detail;
    } cases[] = {
        {"expired", "expired"},
        {"not yet good", "not yet valid"},
        {"closed", "within the handshake"},
        {"old", "protocol version"},
        {"cut", "close_notify"},
    };
    struct party party;
    struct client client;
    struct transfer transfer;
    char text[64];
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        aim(&transfer, fault_named(cases[i].fault), text);
        party_run(&party, &client, &transfer);
        assert_non_null(transfer.detail);
        if (!strstr(transfer.detail, cases[i].detail))
            fail_msg("'%s': %s", cases[i].fault, transfer.detail);
    }
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

static void connections_are_kept_and_timed(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    struct transfer_timings timings;
    char text[64];
    const struct tls_fault *fault = fault_named("name");
    int before = fault->n_connections;
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);
    for (int i = 0; i < 20; i++) {
        aim(&transfer, fault, text);
        party_run(&party, &client, &transfer);
        assert_outcome(&transfer, fault);
        transfer_timings(&timings, &transfer.times);
        assert_true((timings.tls_handshaking > 0) == (i == 0));
        assert_true((timings.connecting > 0) == (i == 0));
        assert_true(timings.blocked >=
                    timings.connecting + timings.tls_handshaking - 1e-6);
        assert_true(timings.sending > 0 && timings.waiting > 0);
    }
    assert_int_equal(fault->n_connections - before, 1);
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

/* By the same client; another one has sessions of its own. */
static void sessions_are_resumed(void **state)
{
    (void)state;
    struct party party;
    struct client clients[2];
    struct transfer transfer;
    char text[64];
    const struct tls_fault *fault = fault_named("ended");
    int connections = fault->n_connections, resumed = fault->n_resumed;
    party_init(&party);
    transfer_init(&transfer);
    for (int i = 0; i < 2; i++) {
        client_init(&clients[i], &party.network);
        for (int k = 0; k < 5; k++) {
            aim(&transfer, fault, text);
            party_run(&party, &clients[i], &transfer);
            assert_outcome(&transfer, fault);
        }
    }
    assert_int_equal(fault->n_connections - connections, 10);
    assert_int_equal(fault->n_resumed - resumed, 8);
    client_close(&clients[0]);
    client_close(&clients[1]);
    transfer_fini(&transfer);
    party_fini(&party);
}

static void any_certificate_will_do(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    char text[64];
    party_init(&party);
    party.network.skip_verify = true;
    client_init(&client, &party.network);
    transfer_init(&transfer);
    for (size_t i = 0; i < n_tls_faults; i++) {
        if (tls_faults[i].act != REPLY)
            continue;
        aim(&transfer, &tls_faults[i], text);
        party_run(&party, &client, &transfer);
        assert_int_equal(transfer.error, CLIENT_OK);
    }
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

/* More than the socket takes at once. */
static void large_requests_are_sent(void **state)
{
    (void)state;
    struct party party;
    struct client client;
    struct transfer transfer;
    char text[64];
    const struct tls_fault *fault = fault_named("name");
    size_t n = (size_t)16 << 20;
    char *body = calloc(1, n);
    party_init(&party);
    client_init(&client, &party.network);
    transfer_init(&transfer);
    for (int i = 0; i < 2; i++) {
        aim(&transfer, fault, text);
        request_begin(&transfer.request, "POST", &transfer.url);
        request_end(&transfer.request, body, n);
        party_run(&party, &client, &transfer);
        assert_outcome(&transfer, fault);
        assert_true(transfer.n_sent > n);
        assert_true(transfer.times.sent_ns > transfer.times.connected_ns);
    }
    free(body);
    client_close(&client);
    transfer_fini(&transfer);
    party_fini(&party);
}

/* --- many clients, all faults at once ----------------------------------- */

#define N_CLIENTS 64

struct crowd_client {
    struct party *party;
    struct client client;
    struct transfer transfer;
    size_t number, n_done;
    char text[64];
};

static void crowd_next(struct crowd_client *c)
{
    if (c->n_done == n_tls_faults) {
        client_close(&c->client);
        c->party->n_open--;
        return;
    }
    aim(&c->transfer, &tls_faults[(c->number + c->n_done) % n_tls_faults],
        c->text);
    assert_true(client_send(&c->client, &c->transfer));
}

static void crowd_done(struct transfer *transfer)
{
    struct crowd_client *c = transfer->ctx;
    assert_outcome(transfer,
                   &tls_faults[(c->number + c->n_done) % n_tls_faults]);
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
        assert_int_equal(clients[i].n_done, n_tls_faults);
        transfer_fini(&clients[i].transfer);
    }
    party_fini(&party);
}

static void ignore(struct transfer *transfer) { (void)transfer; }

static void must_not_be_called(struct transfer *transfer)
{
    (void)transfer;
    fail_msg("done was called after the transfer was aborted");
}

/* At every moment of the handshake and after it: the client goes, and with it
 * the sessions that a ticket would be put into. */
static void clients_may_go_at_any_time(void **state)
{
    (void)state;
    struct party party;
    char text[64];
    const struct tls_fault *fault = fault_named("bytewise");
    party_init(&party);
    for (int rounds = 0; rounds < 40; rounds++) {
        struct client *client = malloc(sizeof *client);
        struct transfer transfer;
        client_init(client, &party.network);
        transfer_init(&transfer);
        aim(&transfer, fault, text);
        transfer.done = ignore;
        assert_true(client_send(client, &transfer));
        for (int i = 0; i < rounds && !transfer.times.first_byte_ns; i++)
            uv_run(&party.loop, UV_RUN_ONCE);
        transfer.done = must_not_be_called;
        client_close(client);
        free(client);
        transfer_fini(&transfer);
    }
    party_fini(&party);
}

static void fetches(void **state)
{
    (void)state;
    struct buf body = BUF_INIT;
    struct err err = {""};
    char url[64];
    int status = 0;
    snprintf(url, sizeof url, "https://localhost:%d/",
             fault_named("name")->port);
    assert_true(client_fetch(url, 30 * SECOND_NS, FAULTY_TLS_BODY, &body,
                             &status, &err));
    assert_int_equal(status, 200);
    assert_int_equal(body.len, FAULTY_TLS_BODY);
    snprintf(url, sizeof url, "https://localhost:%d/",
             fault_named("another name")->port);
    assert_false(client_fetch(url, 30 * SECOND_NS, FAULTY_TLS_BODY, &body,
                              &status, &err));
    assert_non_null(strstr(err.message, "x509"));
    buf_fini(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_classified),
        cmocka_unit_test(details_tell_more),
        cmocka_unit_test(connections_are_kept_and_timed),
        cmocka_unit_test(sessions_are_resumed),
        cmocka_unit_test(any_certificate_will_do),
        cmocka_unit_test(large_requests_are_sent),
        cmocka_unit_test(crowd_of_clients),
        cmocka_unit_test(clients_may_go_at_any_time),
        cmocka_unit_test(fetches),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
