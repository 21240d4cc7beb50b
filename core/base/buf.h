/* buf.h -- a growable run of bytes: a text, a request, a file.
 *
 *     data: | bytes written   | room     |
 *           0                len        cap
 *
 * `failed` is sticky: after the first failed allocation every append does
 * nothing, so a writer checks `failed` once, at the end. `data` is not
 * NUL-terminated unless buf_cstr was called last.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct buf {
    char *data;  /* from malloc; NULL while cap is 0 */
    size_t len;  /* bytes written */
    size_t cap;  /* bytes allocated */
    bool failed; /* an allocation failed */
};

#define BUF_INIT ((struct buf){0})

/* Frees the bytes. The buffer is empty and usable again. */
void buf_fini(struct buf *b);

/* Makes room for `n` more bytes behind `len`. Returns false, and sets
 * `failed`, if out of memory. */
bool buf_reserve(struct buf *b, size_t n);

/* For buf_append: appends where the room may be too small. */
void buf_append_grow(struct buf *b, const void *data, size_t n);

/* Appends `n` bytes. */
static inline void buf_append(struct buf *b, const void *data, size_t n)
{
    if (n - 1 < b->cap - b->len && !b->failed) { /* and n > 0 */
        memcpy(b->data + b->len, data, n);
        b->len += n;
    } else {
        buf_append_grow(b, data, n);
    }
}

/* Appends a C string. The compiler turns a short literal into one or two
 * stores. */
static inline void buf_puts(struct buf *b, const char *s)
{
    buf_append(b, s, strlen(s));
}

/* Append text that is formatted as by printf. */
void buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Appends one byte. */
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

/* Frees the room behind the bytes if it is 16 KiB or more. For buffers that
 * live long: the room may be as large as the bytes. */
void buf_trim(struct buf *b);

/* Returns the bytes as a C string, which the buffer owns and which is valid
 * until the next append. Returns NULL if the buffer has failed. */
const char *buf_cstr(struct buf *b);

#endif
