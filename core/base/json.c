#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* Returns true if JSON needs no escape for `c` and `c` is ASCII. */
static bool is_plain_char(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Returns true if the 8 bytes at `s` are plain. The subtractions set the high
 * bit of the first byte that is below 0x20, a quote or a backslash. They may
 * also set the high bit of a later byte, which does not change the result. */
static bool are_8_plain_chars(const unsigned char *s)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t w;
    memcpy(&w, s, sizeof w);
    uint64_t bad = w | (w - ones * 0x20) | ((w ^ ones * '"') - ones) |
                   ((w ^ ones * '\\') - ones);
    return !(bad & ones * 0x80);
}

/* Returns the number of plain bytes at the beginning of `s`. */
static size_t count_plain(const unsigned char *s, size_t len)
{
    size_t n = 0;
    while (len - n >= sizeof(uint64_t) && are_8_plain_chars(s + n))
        n += sizeof(uint64_t);
    while (n < len && is_plain_char(s[n]))
        n++;
    return n;
}

static void put_escaped(struct buf *out, unsigned char c)
{
    static const char named[] = "\b\t\n\f\r\"\\";
    static const char letters[] = "btnfr\"\\";
    const char *at = c ? strchr(named, c) : NULL;
    if (at) {
        char text[2] = {'\\', letters[at - named]};
        buf_append(out, text, sizeof text);
    } else {
        buf_printf(out, "\\u%04x", c);
    }
}

/* Writes one ASCII byte that needs an escape, or one UTF-8 sequence. Returns
 * the number of bytes of `s` that it has written. */
static size_t put_special(struct buf *out, const unsigned char *s, size_t len)
{
    if (*s < 0x80) {
        put_escaped(out, *s);
        return 1;
    }
    size_t n = utf8_length(s, len);
    if (!n) {
        buf_puts(out, "\\ufffd");
        return 1;
    }
    buf_append(out, s, n);
    return n;
}

void json_put_string(struct buf *out, const char *s, size_t len)
{
    const unsigned char *at = (const unsigned char *)s;
    buf_reserve(out, len + 2);
    buf_putc(out, '"');
    for (size_t n; len > 0; at += n, len -= n) {
        n = count_plain(at, len);
        if (n > 0)
            buf_append(out, at, n);
        else
            n = put_special(out, at, len);
    }
    buf_putc(out, '"');
}

/* Writes the digits of `value` in front of `end`. Returns the first digit. */
static char *write_digits(char *end, uint64_t value)
{
    do
        *--end = (char)('0' + value % 10);
    while (value /= 10);
    return end;
}

void json_put_integer(struct buf *out, int64_t value)
{
    char text[24];
    char *end = text + sizeof text;
    char *at =
        write_digits(end, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    if (value < 0)
        *--at = '-';
    buf_append(out, at, (size_t)(end - at));
}

/* Writes `value` if it is n / 10^k with at most 15 digits, and returns false if
 * it is not. n and 10^k are exact doubles, so the division gives the double
 * nearest to the decimal. If that is `value`, these are the digits that "%.15g"
 * prints, for a twentieth of its time. */
static bool put_short_decimal(struct buf *out, double value)
{
    static const double powers[] = {1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    double size = fabs(value);
    if ((size < 1e-4 && size != 0) || size >= 1e9)
        return false;
    uint64_t n = 0, power = 0;
    for (size_t k = 0; k < sizeof powers / sizeof *powers && !power; k++) {
        n = (uint64_t)(size * powers[k] + 0.5);
        if ((double)n / powers[k] == size)
            power = (uint64_t)powers[k];
    }
    if (!power)
        return false;
    char text[24];
    char *end = text + sizeof text;
    char *at = write_digits(
        end, n % power + power); /* a 1, where the point goes, and k digits */
    *at = '.';
    at = write_digits(at, n / power);
    if (signbit(value))
        *--at = '-';
    buf_append(out, at, (size_t)(end - at));
    return true;
}

bool json_put_number(struct buf *out, double value)
{
    if (!isfinite(value))
        return false;
    if (put_short_decimal(out, value))
        return true;
    char text[40];
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(text, sizeof text - 2, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    if (!strpbrk(text, ".e")) {
        text[n++] = '.';
        text[n++] = '0';
    }
    buf_append(out, text, (size_t)n);
    return true;
}
