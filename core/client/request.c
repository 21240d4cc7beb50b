#include "client/request.h"

#include <string.h>

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
