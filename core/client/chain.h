/* chain.h -- a request as a script sees it: one transfer, followed by the
 * transfers that redirects and Digest authentication require.
 *
 * Each transfer is counted on its own, as in k6. The script gets the last
 * reply. The timeout holds for the whole chain. The chain also sends and keeps
 * cookies.
 *
 * Path: modules/http_request.c -> [chain] -> client.c -> [chain]
 */
#ifndef CLIENT_CHAIN_H
#define CLIENT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "client/transfer.h"

#define CHAIN_REDIRECTS_MAX 10 /* k6's default */

struct client;
struct cookie_jar;

enum chain_auth {
    CHAIN_BASIC,
    CHAIN_DIGEST, /* a 401 that asks for it is answered */
};

struct chain {
    struct transfer transfer; /* in progress, or done. The chain sets its `done`
                                 and `keep_headers` */

    /* Set by the caller before chain_send; jar also before
     * chain_put_headers. */
    unsigned redirects_max;  /* after so many, a redirect is the last reply */
    bool warn_of_redirects;  /* not used by the chain */
    enum chain_auth auth;    /* for a URL that has a user */
    bool keep_authorization; /* the script has set the header itself */
    struct cookie_jar *jar;  /* NULL: no cookies are sent or kept */
    struct buf cookies;      /* of this request (chain_give_cookie) */
    struct status_set expected; /* for transfer.expected to point to */
    transfer_fn counted;        /* a transfer is done, and another follows */
    transfer_fn done;           /* the last transfer is done */
    const void *ctx;            /* the caller's, beside transfer.ctx */

    struct client *client;
    unsigned n_redirects;
    bool answered;        /* a challenge of this URL has been answered */
    bool foreign;         /* a redirect has led to another domain */
    bool keep_referer;    /* the script has set the header itself */
    int64_t give_up_ns;   /* when the timeout ends, monotonic */
    struct url_part host; /* of the first URL */
    struct buf location;  /* the text of the URL, once redirected */
};

void chain_init(struct chain *chain);

/* Called before a new request is written: forgets the redirects and cookies of
 * the previous one. */
void chain_begin(struct chain *chain);

/* Frees the buffers. The transfer must not be in progress. */
void chain_fini(struct chain *chain);

/* Sends the request. The request and the text of chain->transfer.url stay in
 * place until `done`. client_abort aborts the chain. Returns false if out of
 * memory; then no callback is called. */
bool chain_send(struct chain *chain, struct client *client);

/* Adds a cookie for this request only. It is sent beside the jar's cookies, or
 * replaces those of the same name. It is not sent to other domains. */
enum chain_cookie {
    CHAIN_COOKIE_HEADER = 'h', /* `value` is a Cookie header, sent in the
                                first transfer only */
    CHAIN_COOKIE_ADDED = 'a',
    CHAIN_COOKIE_REPLACES = 'r',
};
void chain_give_cookie(struct chain *chain, enum chain_cookie kind,
                       const char *name, const char *value);

/* Append the headers that the chain is responsible for, as far as its URL and
 * its cookies require them: Authorization, Cookie, or both. */
void chain_put_authorization(const struct chain *chain, struct buf *out);
void chain_put_cookies(const struct chain *chain, struct buf *out);
void chain_put_headers(const struct chain *chain, struct buf *out);

/* Returns true if the last reply is a redirect that redirects_max forbids. */
bool chain_stopped(const struct chain *chain);

#endif
