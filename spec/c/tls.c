/* tls.c -- tests of core/client over TLS, against a server that has been given
 * all sorts of certificates and faults. The port is the case: each case has a
 * listener, and a thread per connection. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/client.h"
#include "client/fetch.h"
#include "client/request.h"
#include "party.h"

#define SECOND_NS INT64_C(1000000000)
#define HOUR 3600L

enum trust { TRUSTED, UNKNOWN }; /* who has signed the certificate */

enum act {
    REPLY,
    REPLY_BYTEWISE,
    REPLY_AND_CUT,  /* no length; FIN without close_notify */
    REPLY_AND_END,  /* no length; close_notify */
    NO_TLS,         /* plain HTTP */
    GARBAGE,        /* random bytes */
    CLOSE,          /* at the client's first bytes */
    RESET,          /* at the client's first bytes */
    STALL,          /* at the client's first bytes */
    OLD_TLS,        /* TLS 1.1 at most */
    RESET_IN_REPLY, /* after half of it */
};

static struct fault {
    const char *name;
    const char *host;  /* in the URL */
    const char *names; /* in the certificate */
    enum trust trust;
    long from, to; /* when it is good, from now, in seconds */
    enum act act;
    enum client_error error; /* expected */
    int port;
    atomic_int n_connections, n_resumed;
} faults[] = {
    {"name", "localhost", "DNS:localhost", TRUSTED, -HOUR, HOUR, REPLY,
     CLIENT_OK, 0, 0, 0},
    {"address", "127.0.0.1", "IP:127.0.0.1", TRUSTED, -HOUR, HOUR, REPLY,
     CLIENT_OK, 0, 0, 0},
    {"bytewise", "localhost", "DNS:localhost", TRUSTED, -HOUR, HOUR,
     REPLY_BYTEWISE, CLIENT_OK, 0, 0, 0},
    {"ended", "localhost", "DNS:localhost", TRUSTED, -HOUR, HOUR, REPLY_AND_END,
     CLIENT_OK, 0, 0, 0},
    {"cut", "localhost", "DNS:localhost", TRUSTED, -HOUR, HOUR, REPLY_AND_CUT,
     CLIENT_INCOMPLETE, 0, 0, 0},
    {"unknown authority", "localhost", "DNS:localhost", UNKNOWN, -HOUR, HOUR,
     REPLY, CLIENT_X509_AUTHORITY, 0, 0, 0},
    {"another name", "localhost", "DNS:example.org", TRUSTED, -HOUR, HOUR,
     REPLY, CLIENT_X509_HOST, 0, 0, 0},
    {"another address", "127.0.0.1", "IP:127.0.0.2", TRUSTED, -HOUR, HOUR,
     REPLY, CLIENT_X509_HOST, 0, 0, 0},
    {"expired", "localhost", "DNS:localhost", TRUSTED, -2 * HOUR, -HOUR, REPLY,
     CLIENT_TLS, 0, 0, 0},
    {"not yet good", "localhost", "DNS:localhost", TRUSTED, HOUR, 2 * HOUR,
     REPLY, CLIENT_TLS, 0, 0, 0},
    {"no TLS", "localhost", NULL, TRUSTED, 0, 0, NO_TLS, CLIENT_TLS_HEADER, 0,
     0, 0},
    {"garbage", "localhost", NULL, TRUSTED, 0, 0, GARBAGE, CLIENT_TLS_HEADER, 0,
     0, 0},
    {"closed", "localhost", NULL, TRUSTED, 0, 0, CLOSE, CLIENT_TLS, 0, 0, 0},
    {"reset", "localhost", NULL, TRUSTED, 0, 0, RESET, CLIENT_RESET, 0, 0, 0},
    {"stalled", "localhost", NULL, TRUSTED, 0, 0, STALL, CLIENT_TIMEOUT, 0, 0,
     0},
    {"old", "localhost", "DNS:localhost", TRUSTED, -HOUR, HOUR, OLD_TLS,
     CLIENT_TLS, 0, 0, 0},
    {"reset in the reply", "localhost", "DNS:localhost", TRUSTED, -HOUR, HOUR,
     RESET_IN_REPLY, CLIENT_RESET, 0, 0, 0},
};
#define N_FAULTS (sizeof faults / sizeof *faults)

#define BODY_SIZE 100000 /* more than a record, more than a read */

static const struct fault *fault_named(const char *name)
{
    for (size_t i = 0; i < N_FAULTS; i++)
        if (strcmp(faults[i].name, name) == 0)
            return &faults[i];
    fail_msg("no fault '%s'", name);
    return NULL;
}

/* --- certificates ------------------------------------------------------- */

struct authority {
    EVP_PKEY *key;
    X509 *certificate;
};

static struct authority authorities[2]; /* by enum trust */
static char store[] = "/tmp/perilune-ca-XXXXXX";

static X509 *certify(EVP_PKEY *key, const char *subject, const char *names,
                     long from, long to, const struct authority *signer)
{
    static long serial = 1;
    X509 *x = X509_new();
    X509V3_CTX ctx;
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), from);
    X509_gmtime_adj(X509_getm_notAfter(x), to);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)subject, -1, -1, 0);
    X509 *issuer = signer ? signer->certificate : x;
    X509_set_issuer_name(x, X509_get_subject_name(issuer));
    X509_set_pubkey(x, key);
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(
        NULL, &ctx, names ? NID_subject_alt_name : NID_basic_constraints,
        names ? names : "critical,CA:TRUE");
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(x, signer ? signer->key : key, EVP_sha256()) > 0);
    return x;
}

static void make_authorities(void)
{
    for (int i = 0; i < 2; i++) {
        authorities[i].key = EVP_EC_gen("P-256");
        authorities[i].certificate =
            certify(authorities[i].key, i ? "Unknown" : "Trusted", NULL, -HOUR,
                    HOUR, NULL);
    }
    FILE *file = fdopen(mkstemp(store), "w");
    PEM_write_X509(file, authorities[TRUSTED].certificate);
    fclose(file);
    setenv("SSL_CERT_FILE", store, 1);
}

/* --- the server --------------------------------------------------------- */

struct listener {
    struct fault *fault;
    SSL_CTX *ssl;
    int fd;
};

static struct listener listeners[N_FAULTS];
static atomic_int n_visits; /* under way */

struct visit {
    struct listener *listener;
    int fd;
};

static void send_reply(SSL *ssl, enum act act)
{
    char reply[BODY_SIZE + 200];
    bool endless = act == REPLY_AND_CUT || act == REPLY_AND_END;
    int n = endless ? sprintf(reply, "HTTP/1.1 200 OK\r\n\r\n")
                    : sprintf(reply,
                              "HTTP/1.1 200 OK\r\nContent-Length: %d"
                              "\r\n\r\n",
                              BODY_SIZE);
    memset(reply + n, 'x', BODY_SIZE);
    n += BODY_SIZE;
    if (act == RESET_IN_REPLY)
        n /= 2;
    if (act != REPLY_BYTEWISE) {
        SSL_write(ssl, reply, n);
        return;
    }
    for (int i = 0; i < 100; i++)
        SSL_write(ssl, reply + i, 1);
    SSL_write(ssl, reply + 100, n - 100);
}

/* The head of the next request, and its body if it says that it has one. */
static bool read_request(SSL *ssl)
{
    char head[4096];
    size_t n = 0;
    do {
        int got = SSL_read(ssl, head + n, (int)(sizeof head - 1 - n));
        if (got <= 0)
            return false;
        head[n += (size_t)got] = '\0';
    } while (!strstr(head, "\r\n\r\n"));
    const char *length = strstr(head, "Content-Length: ");
    size_t rest = length ? strtoul(length + 16, NULL, 10) : 0;
    rest -= length ? n - (size_t)(strstr(head, "\r\n\r\n") + 4 - head) : 0;
    while (rest > 0) {
        int got = SSL_read(ssl, head, sizeof head);
        if (got <= 0)
            return false;
        rest -= (size_t)got;
    }
    return true;
}

static void converse(struct listener *listener, int fd)
{
    enum act act = listener->fault->act;
    SSL *ssl = SSL_new(listener->ssl);
    SSL_set_fd(ssl, fd);
    bool open = SSL_accept(ssl) == 1;
    listener->fault->n_resumed += open && SSL_session_reused(ssl);
    while (open && read_request(ssl)) {
        send_reply(ssl, act);
        open = act == REPLY || act == REPLY_BYTEWISE;
    }
    if (act == REPLY_AND_END)
        SSL_shutdown(ssl);
    SSL_free(ssl);
    ERR_clear_error();
}

static void *serve_visit(void *arg)
{
    static const struct linger at_once = {1, 0};
    static const char no_tls[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    static const char garbage[] = "\x01\xfe\x80garbage garbage garbage";
    struct visit *visit = arg;
    enum act act = visit->listener->fault->act;
    char bytes[4096];
    int fd = visit->fd;
    if (visit->listener->ssl) {
        converse(visit->listener, fd);
    } else if (recv(fd, bytes, sizeof bytes, 0) > 0) {
        if (act == NO_TLS)
            send(fd, no_tls, sizeof no_tls - 1, MSG_NOSIGNAL);
        if (act == GARBAGE)
            send(fd, garbage, sizeof garbage - 1, MSG_NOSIGNAL);
        while (act != CLOSE && act != RESET &&
               recv(fd, bytes, sizeof bytes, 0) > 0)
            ;
    }
    if (act == RESET || act == RESET_IN_REPLY)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    free(visit);
    n_visits--;
    return NULL;
}

static void *serve(void *arg)
{
    struct listener *listener = arg;
    for (;;) {
        int fd = accept(listener->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        listener->fault->n_connections++;
        n_visits++;
        struct visit *visit = malloc(sizeof *visit);
        *visit = (struct visit){listener, fd};
        pthread_t thread;
        pthread_create(&thread, NULL, serve_visit, visit);
        pthread_detach(thread);
    }
}

static SSL_CTX *new_server_context(const struct fault *fault)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    const struct authority *signer = &authorities[fault->trust];
    X509 *x =
        certify(key, "server", fault->names, fault->from, fault->to, signer);
    SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(ssl, x);
    SSL_CTX_use_PrivateKey(ssl, key);
    if (fault->act == OLD_TLS) {
        SSL_CTX_set_security_level(ssl, 0);
        SSL_CTX_set_max_proto_version(ssl, TLS1_1_VERSION);
    }
    X509_free(x);
    EVP_PKEY_free(key);
    return ssl;
}

static void start_listener(struct listener *listener, struct fault *fault)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener->fault = fault;
    listener->ssl = fault->names ? new_server_context(fault) : NULL;
    listener->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener->fd, (struct sockaddr *)&address, n), 0);
    assert_int_equal(listen(listener->fd, 256), 0);
    getsockname(listener->fd, (struct sockaddr *)&address, &n);
    fault->port = ntohs(address.sin_port);
    pthread_t thread;
    pthread_create(&thread, NULL, serve, listener);
    pthread_detach(thread);
}

static int start_server(void **state)
{
    (void)state;
    make_authorities();
    for (size_t i = 0; i < N_FAULTS; i++)
        start_listener(&listeners[i], &faults[i]);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    unlink(store);
    for (size_t i = 0; i < N_FAULTS; i++)
        shutdown(listeners[i].fd, SHUT_RDWR);
    /* All clients have gone; a visit that were cut off would be a leak. */
    for (int i = 0; i < 1000 && n_visits > 0; i++)
        usleep(10000);
    return n_visits;
}

/* --- requests ----------------------------------------------------------- */

static void aim(struct transfer *transfer, const struct fault *fault,
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
                           const struct fault *fault)
{
    if (transfer->error != fault->error)
        print_error("fault '%s': error %d, %s\n", fault->name,
                    (int)transfer->error,
                    transfer->detail ? transfer->detail : "no detail");
    assert_int_equal(transfer->error, fault->error);
    assert_int_equal(transfer->status, fault->error ? 0 : 200);
    assert_int_equal(transfer->body.len, fault->error ? 0 : BODY_SIZE);
    if (!fault->error)
        assert_true(transfer->n_received > BODY_SIZE);
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
    for (size_t i = 0; i < 3 * N_FAULTS; i++) {
        aim(&transfer, &faults[i / 3], text);
        party_run(&party, &client, &transfer);
        assert_outcome(&transfer, &faults[i / 3]);
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
    const struct fault *fault = fault_named("name");
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
    const struct fault *fault = fault_named("ended");
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
    for (size_t i = 0; i < N_FAULTS; i++) {
        if (faults[i].act != REPLY)
            continue;
        aim(&transfer, &faults[i], text);
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
    const struct fault *fault = fault_named("name");
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
    if (c->n_done == N_FAULTS) {
        client_close(&c->client);
        c->party->n_open--;
        return;
    }
    aim(&c->transfer, &faults[(c->number + c->n_done) % N_FAULTS], c->text);
    assert_true(client_send(&c->client, &c->transfer));
}

static void crowd_done(struct transfer *transfer)
{
    struct crowd_client *c = transfer->ctx;
    assert_outcome(transfer, &faults[(c->number + c->n_done) % N_FAULTS]);
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
        assert_int_equal(clients[i].n_done, N_FAULTS);
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
    const struct fault *fault = fault_named("bytewise");
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
    assert_true(
        client_fetch(url, 30 * SECOND_NS, BODY_SIZE, &body, &status, &err));
    assert_int_equal(status, 200);
    assert_int_equal(body.len, BODY_SIZE);
    snprintf(url, sizeof url, "https://localhost:%d/",
             fault_named("another name")->port);
    assert_false(
        client_fetch(url, 30 * SECOND_NS, BODY_SIZE, &body, &status, &err));
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
