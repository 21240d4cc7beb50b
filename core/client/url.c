#include "client/url.h"

#include <string.h>
#include <strings.h>

static bool refuse_url(const char *text, size_t n, const char *why,
                       struct err *err)
{
    int shown = n > 200 ? 200 : (int)n;
    return err_set(err, "invalid URL '%.*s': %s", shown, text, why);
}

#define EACH_BYTE UINT64_C(0x0101010101010101)

/* Returns true if one of eight bytes is below 0x21 or above 0x7e. Subtracting
 * 0x21 from such a byte, or adding 1, or the byte itself, sets its highest bit.
 * Borrows and carries into other bytes come only from such bytes. */
static bool has_unclean(const char *eight)
{
    uint64_t x;
    memcpy(&x, eight, sizeof x);
    return (x | (x - 0x21 * EACH_BYTE) | (x + EACH_BYTE)) & 0x80 * EACH_BYTE;
}

/* Returns true if no byte must be percent-encoded, that is 0x20 and below, 0x7f
 * and above. The text has at least eight bytes; the last eight are checked as
 * one group. */
static bool is_clean(const char *text, size_t n)
{
    bool unclean = has_unclean(text + n - 8);
    for (size_t i = 0; i + 8 <= n; i += 8)
        unclean |= has_unclean(text + i);
    return !unclean;
}

/* Returns the first of the two characters, or `end`. */
static const char *find_either(const char *at, const char *end, char a, char b)
{
    const char *first = memchr(at, a, (size_t)(end - at));
    const char *second = memchr(at, b, (size_t)((first ? first : end) - at));
    return second ? second : first ? first : end;
}

static bool parse_port(struct url_part digits, uint16_t *port)
{
    unsigned long value = 0;
    if (digits.n == 0 || digits.n > 5)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
        value = value * 10 + (unsigned long)(digits.at[i] - '0');
    }
    if (value == 0 || value > 65535)
        return false;
    *port = (uint16_t)value;
    return true;
}

/* The last '@' ends the user name and password, as in Go's net/url. */
static void split_userinfo(struct url *url)
{
    struct url_part *authority = &url->authority;
    const char *sign = memrchr(authority->at, '@', authority->n);
    if (!sign)
        return;
    size_t n = (size_t)(sign - authority->at);
    url->userinfo = (struct url_part){authority->at, n};
    authority->at = sign + 1;
    authority->n -= n + 1;
}

/* host, host:port, [v6], [v6]:port. Returns what is wrong, or NULL. */
static const char *parse_authority(struct url *url)
{
    split_userinfo(url);
    const char *at = url->authority.at;
    const char *end = at + url->authority.n;
    const char *host_end;
    if (at < end && *at == '[') {
        const char *bracket = memchr(at, ']', url->authority.n);
        if (!bracket)
            return "']' is missing";
        url->host = (struct url_part){at + 1, (size_t)(bracket - at) - 1};
        host_end = bracket + 1;
    } else {
        const char *colon = memchr(at, ':', url->authority.n);
        host_end = colon ? colon : end;
        url->host = (struct url_part){at, (size_t)(host_end - at)};
    }
    if (url->host.n == 0)
        return "the host is missing";
    if (url->host.n > URL_HOST_MAX)
        return "the host is too long";
    if (host_end == end)
        return NULL;
    struct url_part digits = {host_end + 1, (size_t)(end - host_end) - 1};
    if (*host_end != ':' || !parse_port(digits, &url->port))
        return "the port must be a number from 1 to 65535";
    return NULL;
}

/* The length of "http://" or "https://" at the start; 0: neither. */
static size_t parse_scheme(struct url *url, const char *text, size_t n)
{
    if (n >= 7 && (memcmp(text, "http://", 7) == 0 ||
                   strncasecmp(text, "http://", 7) == 0))
        return 7;
    url->secure = n >= 8 && strncasecmp(text, "https://", 8) == 0;
    return url->secure ? 8 : 0;
}

bool url_parse(struct url *url, const char *text, size_t n, struct err *err)
{
    *url = (struct url){.text = {text, n}};
    size_t n_scheme = parse_scheme(url, text, n);
    if (n_scheme == 0)
        return refuse_url(text, n, "it must begin with http:// or https://",
                          err);
    if (n >= 8 && !is_clean(text, n))
        return refuse_url(text, n,
                          "blanks, control and non-ASCII characters must be "
                          "percent-encoded",
                          err);

    const char *end = memchr(text, '#', n);
    if (!end)
        end = text + n;
    const char *at = text + n_scheme;
    const char *target = find_either(at, end, '/', '?');
    url->authority = (struct url_part){at, (size_t)(target - at)};
    url->target = (struct url_part){target, (size_t)(end - target)};
    url->port = url->secure ? 443 : 80;
    const char *why = parse_authority(url);
    return why ? refuse_url(text, n, why, err) : true;
}
