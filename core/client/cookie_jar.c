#include "client/cookie_jar.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/array.h"
#include "client/transfer.h"

void cookie_jar_clear(struct cookie_jar *jar)
{
    for (uint32_t i = 0; i < jar->n; i++)
        free(jar->cookies[i].name);
    jar->n = 0;
}

void cookie_jar_fini(struct cookie_jar *jar)
{
    cookie_jar_clear(jar);
    free(jar->cookies);
    *jar = (struct cookie_jar){0};
}

/* --- matching cookies and URLs ------------------------------------------- */

static bool is_address(struct url_part host)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    if (memchr(host.at, ':', host.n))
        return true;
    if (host.n >= sizeof text)
        return false;
    memcpy(text, host.at, host.n);
    text[host.n] = '\0';
    return inet_pton(AF_INET, text, address) == 1;
}

static bool equals_ignoring_case(struct url_part a, struct url_part b)
{
    return a.n == b.n && strncasecmp(a.at, b.at, a.n) == 0;
}

/* Returns true if the host is the domain or below it. */
static bool domain_matches(struct url_part host, struct url_part domain)
{
    if (equals_ignoring_case(host, domain))
        return true;
    return host.n > domain.n && host.at[host.n - domain.n - 1] == '.' &&
           strncasecmp(host.at + host.n - domain.n, domain.at, domain.n) == 0;
}

static struct url_part path_of(const struct url *url)
{
    const char *query = memchr(url->target.at, '?', url->target.n);
    struct url_part path = url->target;
    if (query)
        path.n = (size_t)(query - path.at);
    return path.n > 0 ? path : (struct url_part){"/", 1};
}

/* Section 5.1.4: the path up to, not including, its last slash; at least "/".
 */
static struct url_part default_path(const struct url *url)
{
    struct url_part path = path_of(url);
    const char *slash = memrchr(path.at, '/', path.n);
    size_t n = (size_t)(slash - path.at);
    return (struct url_part){path.at, n > 0 ? n : 1};
}

static bool path_matches(struct url_part path, const char *of)
{
    size_t n = strlen(of);
    return path.n >= n && memcmp(path.at, of, n) == 0 &&
           (path.n == n || of[n - 1] == '/' || path.at[n] == '/');
}

static bool is_for(const struct jar_cookie *cookie, const struct url *url)
{
    struct url_part domain = {cookie->domain, strlen(cookie->domain)};
    if (cookie->secure && !url->secure)
        return false;
    return (cookie->host_only ? equals_ignoring_case(url->host, domain)
                              : domain_matches(url->host, domain)) &&
           path_matches(path_of(url), cookie->path);
}

const struct jar_cookie *cookie_jar_next(const struct cookie_jar *jar,
                                         const struct url *url, uint32_t *at)
{
    int64_t now_s = time(NULL);
    while (*at < jar->n) {
        const struct jar_cookie *cookie = &jar->cookies[(*at)++];
        if (cookie->expires_s > now_s && is_for(cookie, url))
            return cookie;
    }
    return NULL;
}

/* --- storing cookies ------------------------------------------------------ */

static void remove_at(struct cookie_jar *jar, uint32_t i)
{
    struct jar_cookie *cookies = jar->cookies;
    free(cookies[i].name);
    memmove(&cookies[i], &cookies[i + 1], (--jar->n - i) * sizeof *cookies);
}

void cookie_jar_drop(struct cookie_jar *jar, const struct url *url,
                     const char *name)
{
    for (uint32_t i = jar->n; i-- > 0;)
        if (is_for(&jar->cookies[i], url) &&
            (!name || strcmp(jar->cookies[i].name, name) == 0))
            remove_at(jar, i);
}

static void remove_oldest(struct cookie_jar *jar)
{
    uint32_t oldest = 0;
    for (uint32_t i = 1; i < jar->n; i++)
        if (jar->cookies[i].order < jar->cookies[oldest].order)
            oldest = i;
    remove_at(jar, oldest);
}

/* Returns the position of a cookie: longer paths come first, then older
 * cookies. */
static uint32_t place_of(const struct cookie_jar *jar,
                         const struct jar_cookie *cookie)
{
    uint32_t i = 0;
    size_t n = strlen(cookie->path);
    while (i < jar->n) {
        size_t n_there = strlen(jar->cookies[i].path);
        if (n_there < n ||
            (n_there == n && jar->cookies[i].order > cookie->order))
            break;
        i++;
    }
    return i;
}

static bool insert_cookie(struct cookie_jar *jar,
                          const struct jar_cookie *cookie)
{
    if (jar->n == COOKIE_JAR_MAX)
        remove_oldest(jar);
    struct jar_cookie *grown =
        array_grow(jar->cookies, jar->n, &jar->cap, 4, sizeof *grown);
    if (!grown)
        return false;
    jar->cookies = grown;
    uint32_t i = place_of(jar, cookie);
    memmove(&jar->cookies[i + 1], &jar->cookies[i],
            (jar->n++ - i) * sizeof *cookie);
    jar->cookies[i] = *cookie;
    return true;
}

static char *store_text(char **at, struct url_part part)
{
    char *text = *at;
    memcpy(text, part.at, part.n);
    text[part.n] = '\0';
    *at += part.n + 1;
    return text;
}

/* Copies the four texts into one block. */
static bool copy_texts(struct jar_cookie *made, const struct cookie *cookie,
                       struct url_part domain, struct url_part path)
{
    char *at = malloc(cookie->name.n + cookie->value.n + domain.n + path.n + 4);
    if (!at)
        return false;
    made->name = store_text(&at, cookie->name);
    made->value = store_text(&at, cookie->value);
    made->domain = store_text(&at, domain);
    made->path = store_text(&at, path);
    for (char *c = made->domain; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return true;
}

/* Section 5.3, steps 4 to 6: returns true if a server at this host may set the
 * cookie for the domain that the cookie names. */
static bool may_set_domain(const struct cookie *cookie, struct url_part host)
{
    struct url_part domain = cookie->domain;
    if (domain.n == 0 || equals_ignoring_case(domain, host))
        return true;
    return !is_address(host) && domain_matches(host, domain) &&
           memchr(domain.at, '.', domain.n) && domain.at[0] != '.' &&
           domain.at[domain.n - 1] != '.';
}

static int64_t expiry_of(const struct cookie *cookie)
{
    if (cookie->has_max_age)
        return cookie->max_age_s > 0 ? time(NULL) + cookie->max_age_s
                                     : INT64_MIN;
    return cookie->has_expires ? cookie->expires_s : INT64_MAX;
}

/* Removes a cookie of the same name, domain and path; the new cookie keeps the
 * old one's age. */
static void replace_equal_cookie(struct cookie_jar *jar,
                                 struct jar_cookie *cookie)
{
    for (uint32_t i = 0; i < jar->n; i++) {
        const struct jar_cookie *old = &jar->cookies[i];
        if (strcmp(old->name, cookie->name) == 0 &&
            strcmp(old->domain, cookie->domain) == 0 &&
            strcmp(old->path, cookie->path) == 0) {
            cookie->order = old->order;
            remove_at(jar, i);
            return;
        }
    }
}

void cookie_jar_set(struct cookie_jar *jar, const struct url *url,
                    const struct cookie *cookie)
{
    struct url_part domain = cookie->domain, path = cookie->path;
    size_t size = cookie->name.n + cookie->value.n + domain.n + path.n;
    if (size > COOKIE_SIZE_MAX || !may_set_domain(cookie, url->host))
        return;
    struct jar_cookie made = {
        .expires_s = expiry_of(cookie),
        .order = jar->n_made++,
        .host_only = domain.n == 0 || is_address(url->host) ||
                     !memchr(domain.at, '.', domain.n),
        .secure = cookie->secure,
    };
    if (!copy_texts(&made, cookie, domain.n > 0 ? domain : url->host,
                    path.n > 0 ? path : default_path(url)))
        return;
    replace_equal_cookie(jar, &made);
    if (made.expires_s <= time(NULL) || !insert_cookie(jar, &made))
        free(made.name);
}

void cookie_jar_take(struct cookie_jar *jar, const struct transfer *transfer)
{
    const char *name = NULL, *value;
    struct cookie cookie;
    while (buf_next_pair(&transfer->headers, &name, &value))
        if (strcasecmp(name, "Set-Cookie") == 0 && cookie_parse(&cookie, value))
            cookie_jar_set(jar, &transfer->url, &cookie);
}
