#include "client/url_resolve.h"

#include <ctype.h>
#include <string.h>

#include "base/percent.h"

static struct url_part part_of(const char *at, const char *end)
{
    return (struct url_part){at, (size_t)(end - at)};
}

static const char *find_in_part(struct url_part in, const char *any)
{
    const char *end = in.at + in.n;
    for (const char *at = in.at; at < end; at++)
        if (strchr(any, *at) && *at)
            return at;
    return end;
}

/* Appends the part; bytes that are not allowed in a URL become %XX. */
static void put_encoded(struct buf *out, struct url_part part)
{
    for (size_t i = 0; i < part.n; i++) {
        unsigned char c = (unsigned char)part.at[i];
        if (c <= 0x20 || c >= 0x7f)
            percent_put(out, c);
        else
            buf_putc(out, (char)c);
    }
}

static bool has_scheme(struct url_part reference)
{
    const char *end = find_in_part(reference, ":/?#");
    if (end == reference.at + reference.n || *end != ':' ||
        !isalpha((unsigned char)reference.at[0]))
        return false;
    for (const char *at = reference.at; at < end; at++)
        if (!isalnum((unsigned char)*at) && !strchr("+-.", *at))
            return false;
    return true;
}

static bool is_dots(struct url_part segment, const char *dots)
{
    return segment.n == strlen(dots) &&
           memcmp(segment.at, dots, segment.n) == 0;
}

/* Removes the last segment: "/a/b" becomes "/a". */
static void drop_segment(struct buf *out, size_t path_at)
{
    while (out->len > path_at && out->data[--out->len] != '/')
        ;
}

/* Appends a path that begins with a slash, without dot segments (section
 * 5.2.4). */
static void put_resolved_path(struct buf *out, struct url_part path,
                              size_t path_at)
{
    const char *at = path.at, *end = path.at + path.n;
    while (at < end) { /* at a slash */
        const char *next = memchr(at + 1, '/', (size_t)(end - at - 1));
        if (!next)
            next = end;
        struct url_part segment = part_of(at + 1, next);
        if (is_dots(segment, ".."))
            drop_segment(out, path_at);
        else if (!is_dots(segment, "."))
            put_encoded(out, part_of(at, next));
        if (next == end && (is_dots(segment, ".") || is_dots(segment, "..")))
            buf_putc(out, '/');
        at = next;
    }
}

/* "//host/path?query#fragment", "/path...", "path...", "?query..." */
static void put_relative(struct buf *out, const struct url *base,
                         struct url_part reference)
{
    const char *end = reference.at + reference.n;
    const char *path_end = find_in_part(reference, "?#");
    struct url_part path = part_of(reference.at, path_end);
    const char *query = find_in_part(base->target, "?");
    struct url_part base_path = part_of(base->target.at, query);
    put_encoded(out, part_of(base->text.at, base->authority.at));
    put_encoded(out, base->authority);
    size_t path_at = out->len;
    if (path.n == 0) {
        put_encoded(out, base_path);
        if (path_end == end || *path_end != '?')
            put_encoded(out, part_of(query, base->target.at + base->target.n));
    } else if (*path.at == '/') {
        put_resolved_path(out, path, path_at);
    } else {
        struct buf merged = BUF_INIT;
        const char *slash = memrchr(base_path.at, '/', base_path.n);
        if (slash)
            buf_append(&merged, base_path.at, (size_t)(slash - base_path.at));
        buf_putc(&merged, '/');
        buf_append(&merged, path.at, path.n);
        put_resolved_path(out, (struct url_part){merged.data, merged.len},
                          path_at);
        out->failed |= merged.failed;
        buf_fini(&merged);
    }
    put_encoded(out, part_of(path_end, end));
}

bool url_resolve(struct buf *out, const struct url *base, const char *reference,
                 size_t n)
{
    struct url_part whole = {reference, n};
    if (has_scheme(whole)) {
        put_encoded(out, whole);
        return true;
    }
    if (n >= 2 && reference[0] == '/' && reference[1] == '/') {
        buf_puts(out, base->secure ? "https:" : "http:");
        put_encoded(out, whole);
    } else {
        put_relative(out, base, whole);
    }
    return false;
}
