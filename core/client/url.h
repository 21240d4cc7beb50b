/* url.h -- parses an absolute http or https URL.
 *
 * The parts point into the text and nothing is copied, so that a script can use
 * another URL for each request at no cost.
 *
 * Path: modules/http_request.c, load/ -> [url] -> request.c
 */
#ifndef CLIENT_URL_H
#define CLIENT_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define URL_HOST_MAX 255

struct url_part {
    const char *at;
    size_t n;
};

struct url {
    struct url_part text; /* the whole URL */
    struct url_part
        userinfo; /* "user:password" as written; `at` NULL if missing */
    struct url_part authority; /* "[::1]:8080", as in the Host header */
    struct url_part host;      /* "::1", without brackets; never empty */
    struct url_part target;    /* "/a?b", "?b" or empty; no fragment */
    uint16_t port;             /* 80 or 443 if the text has no port */
    bool secure;               /* https */
};

/* Parses `n` bytes. Returns false and sets err, which quotes the URL, if the
 * URL is invalid; then only `text` is set. */
bool url_parse(struct url *url, const char *text, size_t n, struct err *err);

/* Returns the URL without scheme, user and password if it has a user; otherwise
 * the whole URL. */
static inline struct url_part url_without_user(const struct url *url)
{
    struct url_part rest = url->text;
    if (url->userinfo.at) {
        rest.at = url->authority.at;
        rest.n = (size_t)(url->text.at + url->text.n - rest.at);
    }
    return rest;
}

#endif
