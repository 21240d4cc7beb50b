#include "http/url.h"

#include <string.h>
#include <strings.h>

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
