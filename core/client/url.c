#include "client/url.h"

#include <string.h>
#include <strings.h>

static bool refuse(const char *text, size_t n, const char *why, struct err *err)
{
    int shown = n > 200 ? 200 : (int)n;
    return err_set(err, "invalid URL '%.*s': %s", shown, text, why);
}

/* Bytes that may not stand in a request line must be percent-encoded. */
static bool is_clean(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= 0x20 || c >= 0x7f)
            return false;
    }
    return true;
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
    if (n >= 7 && strncasecmp(text, "http://", 7) == 0)
        return 7;
    url->secure = n >= 8 && strncasecmp(text, "https://", 8) == 0;
    return url->secure ? 8 : 0;
}

bool url_parse(struct url *url, const char *text, size_t n, struct err *err)
{
    *url = (struct url){.text = {text, n}};
    size_t n_scheme = parse_scheme(url, text, n);
    if (n_scheme == 0)
        return refuse(text, n, "it must begin with http:// or https://", err);
    if (!is_clean(text, n))
        return refuse(text, n,
                      "blanks, control and non-ASCII characters must be "
                      "percent-encoded",
                      err);

    const char *end = memchr(text, '#', n);
    if (!end)
        end = text + n;
    const char *at = text + n_scheme;
    const char *target = at;
    while (target < end && *target != '/' && *target != '?')
        target++;
    url->authority = (struct url_part){at, (size_t)(target - at)};
    url->target = (struct url_part){target, (size_t)(end - target)};
    url->port = url->secure ? 443 : 80;
    const char *why = parse_authority(url);
    return why ? refuse(text, n, why, err) : true;
}
