#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIM_BYTES ((size_t)16 << 10)

void buf_fini(struct buf *b)
{
    if (b->data) /* most buffers are empty: saves the call of free */
        free(b->data);
    *b = BUF_INIT;
}

bool buf_reserve(struct buf *b, size_t n)
{
    if (b->failed)
        return false;
    if (b->cap - b->len >= n)
        return true;
    size_t cap = b->cap ? b->cap : 64;
    while (cap - b->len < n) {
        if (cap > SIZE_MAX / 2) {
            b->failed = true;
            return false;
        }
        cap *= 2;
    }
    char *data = realloc(b->data, cap);
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->cap = cap;
    return true;
}

void buf_append_grow(struct buf *b, const void *data, size_t n)
{
    if (n == 0 || !buf_reserve(b, n))
        return;
    memcpy(b->data + b->len, data, n);
    b->len += n;
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n >= 0 && buf_reserve(b, (size_t)n + 1)) {
        vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

bool buf_next_pair(const struct buf *b, const char **first, const char **second)
{
    const char *at = *first ? *second + strlen(*second) + 1 : b->data;
    if (at == b->data + b->len)
        return false;
    *first = at;
    *second = at + strlen(at) + 1;
    return true;
}

void buf_trim(struct buf *b)
{
    if (b->failed || b->len == 0 || b->cap - b->len < TRIM_BYTES)
        return;
    char *data = realloc(b->data, b->len);
    if (!data)
        return;
    b->data = data;
    b->cap = b->len;
}

const char *buf_cstr(struct buf *b)
{
    if (!buf_reserve(b, 1))
        return NULL;
    b->data[b->len] = '\0';
    return b->data;
}
