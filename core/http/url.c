#include "http/url.h"

#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t url_decode(char *out, const char *in, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        int high = in[i] == '%' && n - i > 2 ? hex_digit(in[i + 1]) : -1;
        int low = high < 0 ? -1 : hex_digit(in[i + 2]);
        if (low < 0) {
            out[len++] = in[i];
        } else {
            out[len++] = (char)(high * 16 + low);
            i += 2;
        }
    }
    return len;
}

static size_t scheme_length(const char *target, size_t n)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (int i = 0; i < 2; i++) {
        size_t length = strlen(schemes[i]);
        if (n >= length && strncasecmp(target, schemes[i], length) == 0)
            return length;
    }
    return 0;
}

const char *url_path(const char *target, size_t n)
{
    size_t scheme = scheme_length(target, n);
    if (scheme == 0)
        return target;
    const char *slash = memchr(target + scheme, '/', n - scheme);
    return slash ? slash : target + n;
}
