/* cookie_jar.h -- the cookies of one virtual user: which are kept, for how
 * long, and to which URLs they are sent (RFC 6265, sections 5.3 and 5.4).
 *
 * As in k6 there is no list of public suffixes; a domain without a dot counts
 * as a public suffix. A jar holds at most 1,000 cookies of at most 4 KiB each;
 * a further cookie replaces the oldest one.
 *
 * Path: chain.c, modules/http_cookies.c -> [cookie_jar]
 */
#ifndef CLIENT_COOKIE_JAR_H
#define CLIENT_COOKIE_JAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "client/cookie.h"

#define COOKIE_JAR_MAX 1000
#define COOKIE_SIZE_MAX 4096

struct transfer;

struct jar_cookie {
    char *name; /* all four texts are in one block of memory */
    char *value, *domain, *path;
    int64_t expires_s; /* since 1970; INT64_MAX: lives as long as the jar */
    uint64_t order;    /* counts up with each cookie made */
    bool host_only, secure;
};

struct cookie_jar {
    struct jar_cookie *cookies; /* in the order in which they are sent */
    uint32_t n, cap;
    uint64_t n_made;
};

/* A jar of zeros is empty. Both functions free all cookies. */
void cookie_jar_clear(struct cookie_jar *jar);
void cookie_jar_fini(struct cookie_jar *jar);

/* A server at `url` sets the cookie: adds it, replaces an equal one, removes
 * one if the cookie has expired, or ignores a cookie that the server may not
 * set. */
void cookie_jar_set(struct cookie_jar *jar, const struct url *url,
                    const struct cookie *cookie);

/* Calls cookie_jar_set for each cookie that the reply of the transfer sets. */
void cookie_jar_take(struct cookie_jar *jar, const struct transfer *transfer);

/* Returns the next cookie for `url`, NULL after the last. *at is 0 at first. */
const struct jar_cookie *cookie_jar_next(const struct cookie_jar *jar,
                                         const struct url *url, uint32_t *at);

/* Removes the cookies for `url` that have this name, or all if it is NULL. */
void cookie_jar_drop(struct cookie_jar *jar, const struct url *url,
                     const char *name);

#endif
