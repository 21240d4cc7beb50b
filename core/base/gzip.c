#include "base/gzip.h"

#include <limits.h>
#include <zlib.h>

enum {
    GZIP_WINDOW = 15 + 16, /* 16 asks zlib for the gzip format */
    ZLIB_WINDOW = 15,
    BARE_WINDOW = -15,
    BLOCK = 64 * 1024,
};

bool gzip_is(const void *data, size_t n)
{
    const unsigned char *bytes = data;
    return n >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* Returns the part of `n` bytes that is handed to zlib at once: zlib counts in
 * 32 bits. */
static uInt chunk(size_t n)
{
    return n > UINT_MAX / 2 ? UINT_MAX / 2 : (uInt)n;
}

bool gzip_compress(const void *data, size_t n, int level, struct buf *out,
                   struct err *err)
{
    z_stream z = {0};
    if (deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return err_set(err, "out of memory for gzip");
    const unsigned char *in = data;
    int status = Z_OK;
    while (status != Z_STREAM_END && buf_reserve(out, BLOCK)) {
        if (z.avail_in == 0) {
            z.next_in = (unsigned char *)in;
            z.avail_in = chunk(n);
            in += z.avail_in;
            n -= z.avail_in;
        }
        z.next_out = (unsigned char *)out->data + out->len;
        z.avail_out = BLOCK;
        status = deflate(&z, n == 0 ? Z_FINISH : Z_NO_FLUSH);
        out->len += BLOCK - z.avail_out;
    }
    deflateEnd(&z);
    return status == Z_STREAM_END || err_set(err, "out of memory for gzip");
}

/* Inflates all input of `z`. `members`: the input may hold several gzip files
 * in a row. */
static bool inflate_all(z_stream *z, bool members, size_t limit,
                        struct buf *out, struct err *err)
{
    size_t start = out->len;
    for (;;) {
        if (!buf_reserve(out, BLOCK))
            return err_set(err, "out of memory for gzip");
        z->next_out = (unsigned char *)out->data + out->len;
        z->avail_out = BLOCK;
        int status = inflate(z, Z_NO_FLUSH);
        out->len += BLOCK - z->avail_out;
        if (out->len - start > limit)
            return err_set(err, "gzip: holds more than %zu bytes", limit);
        if (status == Z_STREAM_END) {
            if (!members || !gzip_is(z->next_in, z->avail_in))
                return true;
            inflateReset(z); /* another member follows */
        } else if (status == Z_BUF_ERROR ||
                   (status == Z_OK && z->avail_in == 0 && z->avail_out > 0)) {
            return err_set(err, "gzip: the data is cut short");
        } else if (status != Z_OK) {
            return err_set(err, "gzip: %s", z->msg ? z->msg : "damaged data");
        }
    }
}

static bool decompress(const void *data, size_t n, int window_bits,
                       size_t limit, struct buf *out, struct err *err)
{
    z_stream z = {0};
    if (n > UINT_MAX)
        return err_set(err, "gzip: larger than 4 GiB");
    if (inflateInit2(&z, window_bits) != Z_OK)
        return err_set(err, "out of memory for gzip");
    z.next_in = (unsigned char *)data;
    z.avail_in = (uInt)n;
    bool done = inflate_all(&z, window_bits == GZIP_WINDOW, limit, out, err);
    inflateEnd(&z);
    return done;
}

bool gzip_decompress(const void *data, size_t n, size_t limit, struct buf *out,
                     struct err *err)
{
    return decompress(data, n, GZIP_WINDOW, limit, out, err);
}

/* RFC 1950: the method is 8, and the first two bytes, read as a 16-bit number,
 * are a multiple of 31. */
static bool has_zlib_header(const unsigned char *bytes, size_t n)
{
    return n >= 2 && (bytes[0] & 15) == 8 &&
           (bytes[0] * 256 + bytes[1]) % 31 == 0;
}

bool gzip_inflate(const void *data, size_t n, size_t limit, struct buf *out,
                  struct err *err)
{
    bool zlib = has_zlib_header(data, n);
    return decompress(data, n, zlib ? ZLIB_WINDOW : BARE_WINDOW, limit, out,
                      err);
}
