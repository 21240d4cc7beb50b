/* cookie.h -- parses a Set-Cookie header as in RFC 6265, section 5.2. The parts
 * point into the text; nothing is copied.
 *
 * Path: cookie_jar.c, chain.c -> [cookie]
 */
#ifndef CLIENT_COOKIE_H
#define CLIENT_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/url.h"

struct cookie {
    struct url_part name, value;
    struct url_part domain; /* without a leading dot; n is 0 if missing */
    struct url_part path;   /* n is 0 if missing or invalid */
    bool has_max_age, has_expires;
    int64_t max_age_s;
    int64_t expires_s; /* since 1970 */
    bool secure, http_only;
};

/* Parses the header. Returns false if it sets no cookie. */
bool cookie_parse(struct cookie *cookie, const char *text);

/* Parses a date by the lenient rules of section 5.1.1 into seconds since 1970.
 * Returns false if it is not a date. */
bool cookie_parse_date(const char *text, size_t n, int64_t *seconds);

/* Return true if the text is valid in a Cookie header. */
bool cookie_is_name(const char *text, size_t n);
bool cookie_is_value(const char *text, size_t n);

#endif
