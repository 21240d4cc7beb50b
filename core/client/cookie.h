/* cookie.h -- takes a Set-Cookie header apart: RFC 6265, section 5.2. Nothing
 * is copied: the parts point into the text.
 */
#ifndef CLIENT_COOKIE_H
#define CLIENT_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/url.h"

struct cookie {
    struct url_part name, value;
    struct url_part domain; /* without a leading dot; n 0: none was given */
    struct url_part path;   /* n 0: none was given, or a wrong one */
    bool has_max_age, has_expires;
    int64_t max_age_s;
    int64_t expires_s; /* since 1970 */
    bool secure, http_only;
};

/* False: it is none. */
bool cookie_parse(struct cookie *cookie, const char *text);

/* The lenient dates of section 5.1.1, as seconds since 1970. */
bool cookie_parse_date(const char *text, size_t n, int64_t *seconds);

/* May it stand in a Cookie header? */
bool cookie_is_name(const char *text, size_t n);
bool cookie_is_value(const char *text, size_t n);

#endif
