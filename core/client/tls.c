#include "client/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "client/tls_session.h"
#include "client/url.h"

struct tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *method;
};

struct tls {
    SSL *ssl;
    const char *in; /* bytes of tls_feed that OpenSSL has not read yet */
    size_t n_in;
    struct buf out;
    struct tls_sessions *sessions; /* NULL after tls_forget */
    int port;
    char host[URL_HOST_MAX + 1];
    enum client_error error;
    const char *detail;
};

/* --- the two ends of OpenSSL's pipe ------------------------------------ */

static int read_in(BIO *bio, char *out, int size)
{
    struct tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (tls->n_in == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t n = tls->n_in < (size_t)size ? tls->n_in : (size_t)size;
    memcpy(out, tls->in, n);
    tls->in += n;
    tls->n_in -= n;
    return (int)n;
}

static int write_out(BIO *bio, const char *data, int n)
{
    struct tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    buf_append(&tls->out, data, (size_t)n);
    return tls->out.failed ? -1 : n;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *new_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "perilune");
    if (method && BIO_meth_set_read(method, read_in) &&
        BIO_meth_set_write(method, write_out) &&
        BIO_meth_set_ctrl(method, control))
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* --- the context -------------------------------------------------------- */

/* Called for each session, in TLS 1.3 after the handshake. Returns 1 if the
 * session is ours to free. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls *tls = SSL_get_app_data(ssl);
    return tls->sessions &&
           tls_sessions_keep(tls->sessions, tls->host, tls->port, session);
}

static SSL_CTX *new_ssl_context(bool verify)
{
    /* No cleanup at exit: a thread that still runs may use OpenSSL. */
    OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, NULL);
    SSL_CTX *ssl = SSL_CTX_new(TLS_client_method());
    if (!ssl)
        return NULL;
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    /* An idle connection frees its 34 KiB of buffers. */
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT |
                                            SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ssl, on_session);
    if (verify) {
        SSL_CTX_set_default_verify_paths(ssl);
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    }
    return ssl;
}

struct tls_context *tls_context_new(bool verify)
{
    struct tls_context *context = calloc(1, sizeof *context);
    if (!context)
        return NULL;
    context->ssl = new_ssl_context(verify);
    context->method = new_method();
    ERR_clear_error();
    if (context->ssl && context->method)
        return context;
    tls_context_free(context);
    return NULL;
}

void tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->method);
    free(context);
}

/* --- one connection ----------------------------------------------------- */

/* Sets the name that the server chooses its certificate by. */
static bool set_host(SSL *ssl, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 ||
        inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
    return SSL_set_tlsext_host_name(ssl, host) && SSL_set1_host(ssl, host);
}

static bool set_up_ssl(struct tls *tls, struct tls_context *context)
{
    tls->ssl = SSL_new(context->ssl);
    BIO *bio = tls->ssl ? BIO_new(context->method) : NULL;
    if (!bio)
        return false;
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_connect_state(tls->ssl);
    SSL_set_app_data(tls->ssl, tls);
    return set_host(tls->ssl, tls->host);
}

struct tls *tls_new(struct tls_context *context, const char *host, int port,
                    struct tls_sessions *sessions)
{
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return NULL;
    tls->sessions = sessions;
    tls->port = port;
    strncpy(tls->host, host, URL_HOST_MAX);
    if (!set_up_ssl(tls, context)) {
        tls_free(tls);
        ERR_clear_error();
        return NULL;
    }
    SSL_SESSION *session = tls_sessions_find(sessions, host, port);
    if (session)
        SSL_set_session(tls->ssl, session);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    /* Otherwise OpenSSL treats the session as broken and does not resume it. */
    if (tls->ssl)
        SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(tls->ssl);
    buf_fini(&tls->out);
    free(tls);
}

void tls_forget(struct tls *tls) { tls->sessions = NULL; }

void tls_feed(struct tls *tls, const char *data, size_t n)
{
    tls->in = data;
    tls->n_in = n;
}

struct buf *tls_out(struct tls *tls) { return &tls->out; }

enum client_error tls_error(const struct tls *tls, const char **detail)
{
    *detail = tls->detail;
    return tls->error;
}

static enum tls_state fail_tls(struct tls *tls, enum client_error error,
                               const char *detail)
{
    tls->error = error;
    tls->detail = detail;
    return TLS_FAILED;
}

/* k6 has an error code of its own for each of these two. */
static enum tls_state fail_verification(struct tls *tls, long result)
{
    switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return fail_tls(tls, CLIENT_X509_HOST, NULL);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
        return fail_tls(tls, CLIENT_X509_AUTHORITY, NULL);
    default:
        return fail_tls(tls, CLIENT_TLS, X509_verify_cert_error_string(result));
    }
}

/* Fails with the error that the call left in OpenSSL's error queue. */
static enum tls_state fail_by_queue(struct tls *tls)
{
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_REASON(code);
    ERR_clear_error();
    if (tls->out.failed)
        return fail_tls(tls, CLIENT_OUT_OF_MEMORY, NULL);
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return fail_verification(tls, SSL_get_verify_result(tls->ssl));
    /* The first bytes are not a TLS record, for example plain HTTP. */
    if (SSL_in_init(tls->ssl) &&
        (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
         reason == SSL_R_PACKET_LENGTH_TOO_LONG))
        return fail_tls(tls, CLIENT_TLS_HEADER, NULL);
    return fail_tls(tls, CLIENT_TLS, ERR_reason_error_string(code));
}

/* Returns the state after a call that returned `result`, which is 0 or less. */
static enum tls_state state_of_result(struct tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WANTS_BYTES;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_ENDED;
    default:
        return fail_by_queue(tls);
    }
}

/* Errors that other code has left in this thread's error queue would be taken
 * for errors of this call, so the queue is cleared before each call. */
enum tls_state tls_handshake(struct tls *tls)
{
    ERR_clear_error();
    int result = SSL_do_handshake(tls->ssl);
    return result == 1 ? TLS_OK : state_of_result(tls, result);
}

enum tls_state tls_read(struct tls *tls, char *out, size_t size, size_t *n)
{
    ERR_clear_error();
    int result = SSL_read_ex(tls->ssl, out, size, n);
    return result == 1 ? TLS_OK : state_of_result(tls, result);
}

bool tls_write(struct tls *tls, const char *data, size_t n)
{
    size_t written;
    ERR_clear_error();
    if (n == 0 || SSL_write_ex(tls->ssl, data, n, &written) == 1)
        return true;
    fail_by_queue(tls);
    return false;
}

void tls_end(struct tls *tls)
{
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
}
