#include "faulty_tls.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOUR 3600L
#define FAULTS_MAX 100

struct tls_fault tls_faults[] = {
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

const size_t n_tls_faults = sizeof tls_faults / sizeof *tls_faults;

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
    X509_sign(x, signer ? signer->key : key, EVP_sha256());
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
    struct tls_fault *fault;
    SSL_CTX *ssl;
    int fd;
};

static struct listener listeners[FAULTS_MAX];
static atomic_int n_visits; /* under way */

struct visit {
    struct listener *listener;
    int fd;
};

static void send_reply(SSL *ssl, enum tls_act act)
{
    char reply[FAULTY_TLS_BODY + 200];
    bool endless = act == REPLY_AND_CUT || act == REPLY_AND_END;
    int n = endless ? sprintf(reply, "HTTP/1.1 200 OK\r\n\r\n")
                    : sprintf(reply,
                              "HTTP/1.1 200 OK\r\nContent-Length: %d"
                              "\r\n\r\n",
                              FAULTY_TLS_BODY);
    memset(reply + n, 'x', FAULTY_TLS_BODY);
    n += FAULTY_TLS_BODY;
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
    enum tls_act act = listener->fault->act;
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
    enum tls_act act = visit->listener->fault->act;
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

static SSL_CTX *new_server_context(const struct tls_fault *fault)
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

static bool start_listener(struct listener *listener, struct tls_fault *fault)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof address;
    pthread_t thread;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener->fault = fault;
    listener->ssl = fault->names ? new_server_context(fault) : NULL;
    listener->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener->fd, (struct sockaddr *)&address, n) < 0 ||
        listen(listener->fd, 256) < 0 ||
        getsockname(listener->fd, (struct sockaddr *)&address, &n) < 0 ||
        pthread_create(&thread, NULL, serve, listener) != 0)
        return false;
    fault->port = ntohs(address.sin_port);
    pthread_detach(thread);
    return true;
}

bool faulty_tls_start(void)
{
    bool ok = n_tls_faults <= FAULTS_MAX;
    make_authorities();
    for (size_t i = 0; i < n_tls_faults && ok; i++)
        ok = start_listener(&listeners[i], &tls_faults[i]);
    return ok;
}

bool faulty_tls_stop(void)
{
    unlink(store);
    for (size_t i = 0; i < n_tls_faults; i++)
        shutdown(listeners[i].fd, SHUT_RDWR);
    /* A visit that were cut off would be a leak. */
    for (int i = 0; i < 1000 && n_visits > 0; i++)
        usleep(10000);
    return n_visits == 0;
}
