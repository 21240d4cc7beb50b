#include "base/percent.h"

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t percent_decode(char *out, const char *in, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        int high = in[i] == '%' && n - i > 2 ? hex_digit(in[i + 1]) : -1;
        int low = high < 0 ? -1 : hex_digit(in[i + 2]);
        if (low < 0) {
            out[len++] = in[i];
        } else {
            out[len++] = (char)(high * 16 + low);
            i += 2;
        }
    }
    return len;
}

void percent_put(struct buf *out, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    const char text[] = {'%', digits[byte >> 4], digits[byte & 15]};
    buf_append(out, text, sizeof text);
}
