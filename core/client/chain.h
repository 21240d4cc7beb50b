/* chain.h -- a request as a script sees it: one transfer, and those that
 * redirects and authentication make of it, with the cookies that they set and
 * send.
 *
 * Each transfer is counted for itself, as k6 does; what the script gets is the
 * last one. The timeout is for all of them.
 *
 * Path: script/module_http.c -> [chain] -> client.c -> [chain] -> its done
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
    struct transfer transfer; /* first: on its way, or done; its own done and
                                 keep_headers are the chain's */

    /* Set by the caller before chain_send; jar also before
     * chain_put_headers. */
    unsigned redirects_max;  /* the reply that would be one more is the last */
    bool warn_of_redirects;  /* for the caller alone */
    enum chain_auth auth;    /* of a URL with a user */
    bool keep_authorization; /* the script has given one: `auth` is none */
    struct cookie_jar *jar;  /* NULL: cookies are neither sent nor kept */
    struct buf cookies;      /* given for this request (chain_give_cookie) */
    struct status_set expected; /* for transfer.expected to point to */
    transfer_fn counted;        /* one is done, and another follows */
    transfer_fn done;           /* the last one is done */
    const void *ctx;            /* the caller's, beside transfer.ctx */

    struct client *client;
    unsigned n_redirects;
    bool answered;        /* a challenge of this URL's server */
    bool foreign;         /* has been sent to another host's */
    bool keep_referer;    /* the script has given one */
    int64_t give_up_ns;   /* when the timeout is over */
    struct url_part host; /* of the first URL */
    struct buf location;  /* the text of the URL, once redirected */
};

void chain_init(struct chain *chain);

/* Before a new request is written: it has no redirects and cookies yet. */
void chain_begin(struct chain *chain);

/* Free the buffers. It must not be on its way. */
void chain_fini(struct chain *chain);

/* Send. The request and what chain->transfer.url points to stay until done.
 * False when out of memory: nothing is called then. client_abort gives it
 * up. */
bool chain_send(struct chain *chain, struct client *client);

/* Cookies for this request alone, beside those of the jar, or in place of those
 * of the same name. They do not go to other hosts. */
enum chain_cookie {
    CHAIN_COOKIE_HEADER = 'h', /* `value` is a Cookie header: first only */
    CHAIN_COOKIE_ADDED = 'a',
    CHAIN_COOKIE_REPLACES = 'r',
};
void chain_give_cookie(struct chain *chain, enum chain_cookie kind,
                       const char *name, const char *value);

/* Write the headers for the chain's URL that it takes care of, where there are
 * to be such: Authorization, Cookie, or both. */
void chain_put_authorization(const struct chain *chain, struct buf *out);
void chain_put_cookies(const struct chain *chain, struct buf *out);
void chain_put_headers(const struct chain *chain, struct buf *out);

/* Its last reply is a redirect that was one too many. */
bool chain_stopped(const struct chain *chain);

#endif
