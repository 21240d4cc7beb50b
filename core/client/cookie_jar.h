/* cookie_jar.h -- the cookies that a party has: which are kept, for how long,
 * and where they are sent to. RFC 6265, sections 5.3 and 5.4.
 *
 * As in k6 there is no list of public suffixes; a domain without a dot is
 * taken for one. A jar holds at most 1,000 cookies of at most 4 KiB; then the
 * oldest goes.
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
    char *name; /* this and the others in one block of memory */
    char *value, *domain, *path;
    int64_t expires_s; /* since 1970; INT64_MAX: with the jar */
    uint64_t order;    /* of making */
    bool host_only, secure;
};

struct cookie_jar {
    struct jar_cookie *cookies; /* in the order in which they are sent */
    uint32_t n, cap;
    uint64_t n_made;
};

/* One of zeros is empty. */
void cookie_jar_clear(struct cookie_jar *jar);
void cookie_jar_fini(struct cookie_jar *jar);

/* A server at `url` sets it: keep it, replace one by it, drop one because of
 * it, or refuse it. */
void cookie_jar_set(struct cookie_jar *jar, const struct url *url,
                    const struct cookie *cookie);

/* All that a reply sets. */
void cookie_jar_take(struct cookie_jar *jar, const struct transfer *transfer);

/* The next cookie for `url` from *at on, which is 0 at first; NULL: no more.
 */
const struct jar_cookie *cookie_jar_next(const struct cookie_jar *jar,
                                         const struct url *url, uint32_t *at);

/* Drop those for `url` of this name; NULL: all of them. */
void cookie_jar_drop(struct cookie_jar *jar, const struct url *url,
                     const char *name);

#endif
