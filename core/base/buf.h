/* buf.h -- a growable run of bytes.
 *
 * `failed` is sticky: after the first allocation that could not be had, every
 * append does nothing, so that a writer checks once, at the end. data is not
 * NUL-terminated unless buf_cstr was called last.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
};

#define BUF_INIT ((struct buf){0})

/* Free the bytes; the buffer is empty and usable again. */
void buf_fini(struct buf *b);

/* Room for `n` more bytes after len. False when out of memory. */
bool buf_reserve(struct buf *b, size_t n);

/* buf_append where there is no room yet. */
void buf_append_grow(struct buf *b, const void *data, size_t n);

static inline void buf_append(struct buf *b, const void *data, size_t n)
{
    if (n - 1 < b->cap - b->len && !b->failed) { /* and n > 0 */
        memcpy(b->data + b->len, data, n);
        b->len += n;
    } else {
        buf_append_grow(b, data, n);
    }
}

/* Of a literal it is one store or two. */
static inline void buf_puts(struct buf *b, const char *s)
{
    buf_append(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static inline void buf_putc(struct buf *b, char c)
{
    if (b->len < b->cap && !b->failed)
        b->data[b->len++] = c;
    else
        buf_append(b, &c, 1);
}

/* Steps through a buffer of pairs of strings that each end with NUL. `*first`
 * is NULL before the first pair. Returns false behind the last one. */
bool buf_next_pair(const struct buf *b, const char **first,
                   const char **second);

/* Give back the room behind the bytes, where it is worth it: it may be as much
 * as they take. For bytes that stay for long. */
void buf_trim(struct buf *b);

/* The bytes as a C string, owned by the buffer, good until the next append.
 * NULL when the buffer failed. */
const char *buf_cstr(struct buf *b);

#endif
