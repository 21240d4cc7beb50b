#include "handler/pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_wildcard_name(const char *s, size_t len)
{
    if (len == 0 || isdigit((unsigned char)s[0]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)s[i]) && s[i] != '_')
            return false;
    return true;
}

static bool has_wildcard_named(const struct pattern *p,
                               const struct segment *name)
{
    for (int i = 0; i < p->n_segments; i++) {
        const struct segment *s = &p->segments[i];
        if (s->kind != SEGMENT_LITERAL && s->len == name->len &&
            memcmp(s->text, name->text, s->len) == 0)
            return true;
    }
    return false;
}

/* Parses "{name}", "{name...}" or "{$}". `is_last`: no segment follows. */
static bool parse_braces(struct pattern *p, struct segment *s, const char *text,
                         size_t len, bool is_last, struct err *err)
{
    s->text = text + 1;
    s->len = len - 2;
    if (s->len == 1 && *s->text == '$') {
        s->kind = SEGMENT_LITERAL;
        s->len = 0;
        return is_last || err_set(err, "{$} must be at its end");
    }
    s->kind = SEGMENT_WILD;
    if (s->len > 3 && memcmp(s->text + s->len - 3, "...", 3) == 0) {
        s->kind = SEGMENT_REST;
        s->len -= 3;
        if (!is_last)
            return err_set(err, "{%.*s...} must be at its end", (int)s->len,
                           s->text);
    }
    if (!is_wildcard_name(s->text, s->len))
        return err_set(err, "'%.*s' is not {name}, {name...} or {$}", (int)len,
                       text);
    if (has_wildcard_named(p, s))
        return err_set(err, "{%.*s} is there twice", (int)s->len, s->text);
    return true;
}

static bool parse_segment(struct pattern *p, const char *text, size_t len,
                          bool is_last, struct err *err)
{
    if (p->n_segments == PATTERN_MAX_SEGMENTS)
        return err_set(err, "it has more than %d segments",
                       PATTERN_MAX_SEGMENTS);
    struct segment s = {SEGMENT_LITERAL, text, len};
    if (len == 0) {
        if (!is_last)
            return err_set(err, "it has an empty segment ('//')");
        s.kind = SEGMENT_REST;
    } else if (len >= 2 && text[0] == '{' && text[len - 1] == '}') {
        if (!parse_braces(p, &s, text, len, is_last, err))
            return false;
    } else if (memchr(text, '{', len) || memchr(text, '}', len)) {
        return err_set(err, "'%.*s': braces must hold a whole segment",
                       (int)len, text);
    }
    p->segments[p->n_segments++] = s;
    return true;
}

static bool parse_path(struct pattern *p, struct err *err)
{
    if (p->path[0] != '/')
        return err_set(err, "its path must begin with '/'");
    const char *at = p->path;
    while (*at) {
        const char *start = at + 1;
        at = start + strcspn(start, "/");
        if (!parse_segment(p, start, (size_t)(at - start), *at == '\0', err))
            return false;
    }
    return true;
}

static bool parse_method(struct pattern *p, struct err *err)
{
    for (size_t i = 0; i < p->method_len; i++)
        if (!isupper((unsigned char)p->method[i]))
            return err_set(err, "'%.*s' is not a method, such as GET",
                           (int)p->method_len, p->method);
    return true;
}

bool pattern_parse(struct pattern *pattern, const char *text, struct err *err)
{
    *pattern = (struct pattern){.text = strdup(text)};
    if (!pattern->text)
        return err_set(err, "out of memory");
    pattern->path = pattern->method = pattern->text;
    const char *space = strchr(pattern->text, ' ');
    if (space) {
        pattern->method_len = (size_t)(space - pattern->text);
        pattern->path = space + strspn(space, " ");
    }
    if (parse_method(pattern, err) && parse_path(pattern, err))
        return true;
    err_prefix(err, "pattern '%s': ", text);
    pattern_fini(pattern);
    return false;
}

void pattern_fini(struct pattern *pattern)
{
    free(pattern->text);
    pattern->text = NULL;
}

/* The relation between the sets of requests that two patterns serve. */
struct relation {
    bool disjoint;
    bool a_wider, b_wider; /* in some part, it serves more than the other */
};

static bool method_is(const struct pattern *p, const char *name)
{
    return p->method_len == strlen(name) &&
           memcmp(p->method, name, p->method_len) == 0;
}

static void compare_methods(const struct pattern *a, const struct pattern *b,
                            struct relation *r)
{
    if (a->method_len == b->method_len &&
        memcmp(a->method, b->method, a->method_len) == 0)
        return;
    if (a->method_len == 0 || (method_is(a, "GET") && method_is(b, "HEAD")))
        r->a_wider = true;
    else if (b->method_len == 0 ||
             (method_is(b, "GET") && method_is(a, "HEAD")))
        r->b_wider = true;
    else
        r->disjoint = true;
}

/* Compares two segments, neither of which is a rest. */
static void compare_segments(const struct segment *a, const struct segment *b,
                             struct relation *r)
{
    if (a->kind == SEGMENT_LITERAL && b->kind == SEGMENT_LITERAL) {
        if (a->len != b->len || memcmp(a->text, b->text, a->len) != 0)
            r->disjoint = true;
    } else if (a->kind == SEGMENT_LITERAL) {
        r->b_wider = true;
        r->disjoint |= a->len == 0; /* a wildcard is never empty */
    } else if (b->kind == SEGMENT_LITERAL) {
        r->a_wider = true;
        r->disjoint |= b->len == 0;
    }
}

static void compare_paths(const struct pattern *a, const struct pattern *b,
                          struct relation *r)
{
    int i = 0;
    for (; i < a->n_segments && i < b->n_segments; i++) {
        bool a_rest = a->segments[i].kind == SEGMENT_REST;
        bool b_rest = b->segments[i].kind == SEGMENT_REST;
        if (a_rest || b_rest) {
            r->a_wider |= !b_rest;
            r->b_wider |= !a_rest;
            return;
        }
        compare_segments(&a->segments[i], &b->segments[i], r);
    }
    r->disjoint |= a->n_segments != b->n_segments;
}

bool pattern_conflicts(const struct pattern *a, const struct pattern *b,
                       struct err *err)
{
    struct relation r = {0};
    compare_methods(a, b, &r);
    compare_paths(a, b, &r);
    if (r.disjoint || r.a_wider != r.b_wider)
        return false;
    err_set(err, "pattern '%s' conflicts with '%s': %s", a->text, b->text,
            r.a_wider ? "both serve some requests, and neither is more specific"
                      : "both serve the same requests");
    return true;
}
