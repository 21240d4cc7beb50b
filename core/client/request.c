#include "client/request.h"

#include <string.h>
#include <strings.h>

void request_begin(struct buf *out, const char *method, const struct url *url)
{
    out->len = 0;
    buf_puts(out, method);
    buf_putc(out, ' ');
    if (url->target.n == 0 || url->target.at[0] != '/')
        buf_putc(out, '/');
    buf_append(out, url->target.at, url->target.n);
    buf_puts(out, " HTTP/1.1\r\n");
}

static bool is_token(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return n > 0;
}

bool request_header_valid(const char *name, size_t n_name, const char *value,
                          size_t n_value)
{
    return is_token(name, n_name) && !memchr(value, '\r', n_value) &&
           !memchr(value, '\n', n_value) && !memchr(value, '\0', n_value);
}

void request_header(struct buf *out, const char *name, size_t n_name,
                    const char *value, size_t n_value)
{
    buf_append(out, name, n_name);
    buf_puts(out, ": ");
    buf_append(out, value, n_value);
    buf_puts(out, "\r\n");
}

void request_host(struct buf *out, const struct url *url)
{
    request_header(out, "Host", 4, url->authority.at, url->authority.n);
}

void request_user_agent(struct buf *out, const char *value)
{
    request_header(out, "User-Agent", 10, value, strlen(value));
}

void request_end(struct buf *out, const char *body, size_t n_body)
{
    if (body)
        buf_printf(out, "Content-Length: %zu\r\n", n_body);
    buf_puts(out, "\r\n");
    if (body)
        buf_append(out, body, n_body);
}

struct request_parts request_split(const struct buf *request)
{
    const char *at = request->data, *end = at + request->len;
    const char *space = memchr(at, ' ', request->len);
    const char *line_end = memmem(at, request->len, "\r\n", 2);
    const char *head_end = memmem(at, request->len, "\r\n\r\n", 4);
    const char *headers = line_end + 2, *body = head_end + 4;
    struct request_parts parts = {
        .method = {at, (size_t)(space - at)},
        .headers = {headers, (size_t)(head_end + 2 - headers)},
        .body = {NULL, (size_t)(end - body)},
    };
    struct url_part rest = parts.headers, name, value;
    while (request_next_header(&rest, &name, &value))
        if (request_header_is(name, "Content-Length"))
            parts.body.at = body;
    return parts;
}

bool request_next_header(struct url_part *headers, struct url_part *name,
                         struct url_part *value)
{
    const char *at = headers->at, *end = at + headers->n;
    const char *line_end = memmem(at, headers->n, "\r\n", 2);
    if (!line_end)
        return false;
    const char *colon = memchr(at, ':', (size_t)(line_end - at));
    const char *text = colon + 2; /* ": " */
    *name = (struct url_part){at, (size_t)(colon - at)};
    *value = (struct url_part){text, (size_t)(line_end - text)};
    headers->at = line_end + 2;
    headers->n = (size_t)(end - headers->at);
    return true;
}

bool request_header_is(struct url_part name, const char *header)
{
    return strlen(header) == name.n &&
           strncasecmp(name.at, header, name.n) == 0;
}
