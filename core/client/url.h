/* url.h -- takes an absolute http or https URL apart.
 *
 * Nothing is copied: the parts point into the text, so that a script may give
 * a URL per request at no cost.
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
    struct url_part text;      /* all of it */
    struct url_part userinfo;  /* "user:password", as written; at NULL: none */
    struct url_part authority; /* "[::1]:8080": what the Host header says */
    struct url_part host;      /* "::1", without brackets; never empty */
    struct url_part target;    /* "/a?b", "?b" or empty; no fragment */
    uint16_t port;             /* 80 or 443 when the text has none */
    bool secure;               /* https */
};

/* Parse `n` bytes. False and err: what is wrong, with the URL;
 * no part but `text` is to be used then. */
bool url_parse(struct url *url, const char *text, size_t n, struct err *err);

/* The text, or, where it has a user and a password, what follows them. */
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
