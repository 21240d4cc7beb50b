#include "live/live_line.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LEVELS 8 /* levels of a sparkline: U+2581 to U+2588 */
#define LOWEST 0x2581
#define FULL 0x2588
#define SHADE 0x2591
#define ELLIPSIS 0x2026
#define FLOW_GAP 3

static const char *const codes[] = {
    [LIVE_PLAIN] = "",         [LIVE_DIM] = "\033[2m",
    [LIVE_BOLD] = "\033[1m",   [LIVE_RED] = "\033[1;31m",
    [LIVE_GREEN] = "\033[32m", [LIVE_YELLOW] = "\033[33m",
    [LIVE_CYAN] = "\033[36m",
};

/* Returns the ASCII sign that replaces `c` on a terminal without UTF-8. */
static char stand_in(uint32_t c)
{
    static const char levels[LEVELS + 1] = "_.:-=+*#";
    if (c >= LOWEST && c < LOWEST + LEVELS)
        return levels[c - LOWEST];
    switch (c) {
    case SHADE:
        return '.';
    case 0x2192: /* → */
        return '>';
    case 0x2713: /* ✓ */
        return '+';
    case 0x2717: /* ✗ */
        return '!';
    case 0xd7: /* × */
        return 'x';
    case 0xb5: /* µ */
        return 'u';
    case ELLIPSIS:
        return '~';
    default:
        return '?';
    }
}

/* Returns true for control characters and those that reorder a line. */
static bool is_harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) ||
           (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

/* Returns the code point at *text, '?' for invalid bytes, and moves *text past
 * it. */
static uint32_t next_code_point(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    uint32_t c = at[0];
    unsigned n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    *text += 1;
    if (n == 1)
        return is_harmful(c) ? '?' : c;
    if (c < 0xc2 || c > 0xf4)
        return '?';
    c &= 0xffu >> (n + 1);
    for (unsigned i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return '?';
        c = c << 6 | (at[i] & 0x3f);
    }
    bool overlong = (n == 3 && c < 0x800) || (n == 4 && c < 0x10000);
    if (overlong || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return '?';
    *text += n - 1;
    return is_harmful(c) ? '?' : c;
}

/* Returns the columns that terminals give to `c`; a replacement takes one. */
static unsigned columns_of(uint32_t c)
{
    static const struct {
        uint32_t first, last;
        unsigned columns;
    } ranges[] = {
        {0x300, 0x36f, 0},   {0x1100, 0x115f, 2},   {0x200b, 0x200d, 0},
        {0x2e80, 0xa4cf, 2}, {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},
        {0xfe00, 0xfe0f, 0}, {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},
        {0xffe0, 0xffe6, 2}, {0x1f300, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return ranges[i].columns;
    return 1;
}

static void put_code_point(struct live_line *line, uint32_t c)
{
    unsigned columns = line->style->utf8 ? columns_of(c) : 1;
    if (live_line_room(line) < columns || live_line_room(line) == 0)
        return;
    line->used += columns;
    if (c < 0x80) {
        buf_putc(line->out, (char)c);
    } else if (!line->style->utf8) {
        buf_putc(line->out, stand_in(c));
    } else if (c < 0x800) {
        buf_putc(line->out, (char)(0xc0 | c >> 6));
        buf_putc(line->out, (char)(0x80 | (c & 0x3f)));
    } else {
        if (c < 0x10000) {
            buf_putc(line->out, (char)(0xe0 | c >> 12));
        } else {
            buf_putc(line->out, (char)(0xf0 | c >> 18));
            buf_putc(line->out, (char)(0x80 | (c >> 12 & 0x3f)));
        }
        buf_putc(line->out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_putc(line->out, (char)(0x80 | (c & 0x3f)));
    }
}

static void begin_colour(struct live_line *line, enum live_colour colour)
{
    if (line->style->colours)
        buf_puts(line->out, codes[colour]);
}

static void end_colour(struct live_line *line, enum live_colour colour)
{
    if (line->style->colours && colour != LIVE_PLAIN)
        buf_puts(line->out, "\033[0m");
}

unsigned live_line_room(const struct live_line *line)
{
    unsigned columns = line->style->columns;
    return line->used < columns ? columns - line->used : 0;
}

unsigned live_line_width(const char *text)
{
    unsigned n = 0;
    while (*text)
        n += columns_of(next_code_point(&text));
    return n;
}

void live_line_put(struct live_line *line, enum live_colour colour,
                   const char *text)
{
    begin_colour(line, colour);
    while (*text)
        put_code_point(line, next_code_point(&text));
    end_colour(line, colour);
}

void live_line_printf(struct live_line *line, enum live_colour colour,
                      const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    live_line_put(line, colour, text);
}

void live_line_tab(struct live_line *line, unsigned column)
{
    while (line->used < column && live_line_room(line) > 0)
        put_code_point(line, ' ');
}

void live_line_field(struct live_line *line, enum live_colour colour, int width,
                     const char *text)
{
    unsigned n = live_line_width(text);
    unsigned columns = (unsigned)(width < 0 ? -width : width);
    unsigned last = line->used + columns;
    if (width < 0 && n < columns)
        live_line_tab(line, last - n);
    begin_colour(line, colour);
    while (*text && n > columns && line->used + 1 < last) {
        const char *next = text;
        if (line->used + columns_of(next_code_point(&next)) >= last)
            break;
        put_code_point(line, next_code_point(&text));
    }
    if (n > columns)
        put_code_point(line, ELLIPSIS);
    while (*text && n <= columns)
        put_code_point(line, next_code_point(&text));
    end_colour(line, colour);
    live_line_tab(line, last);
}

void live_line_bar(struct live_line *line, double share, unsigned width)
{
    unsigned n = (unsigned)floor(fmin(fmax(share, 0), 1) * width);
    begin_colour(line, LIVE_CYAN);
    for (unsigned i = 0; i < n; i++)
        put_code_point(line, FULL);
    end_colour(line, LIVE_CYAN);
    begin_colour(line, LIVE_DIM);
    for (unsigned i = n; i < width; i++)
        put_code_point(line, SHADE);
    end_colour(line, LIVE_DIM);
}

void live_line_sparkline(struct live_line *line, const double *values, size_t n,
                         unsigned width)
{
    double greatest = 0;
    if (width > live_line_room(line))
        width = live_line_room(line);
    size_t first = n > width ? n - width : 0;
    for (size_t i = first; i < n; i++)
        greatest = fmax(greatest, values[i]);
    begin_colour(line, LIVE_CYAN);
    for (size_t i = first; i < n; i++) {
        double level = greatest > 0 ? values[i] / greatest * (LEVELS - 1) : 0;
        put_code_point(line,
                       values[i] < 0 ? ' ' : LOWEST + (uint32_t)lround(level));
    }
    end_colour(line, LIVE_CYAN);
}

void live_line_end(struct live_line *line)
{
    /* After a full line the cursor is still on the last column. */
    if (live_line_room(line) > 0)
        buf_puts(line->out, "\033[K");
    buf_putc(line->out, '\n');
    line->used = 0;
    line->n_ended++;
}

void live_line_flow(struct live_line *line, enum live_colour colour,
                    const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    unsigned width = live_line_width(text);
    if (line->used > 0 && width + FLOW_GAP > live_line_room(line))
        live_line_end(line);
    if (line->used > 0)
        live_line_tab(line, line->used + FLOW_GAP);
    unsigned room = live_line_room(line);
    live_line_field(line, colour, (int)(width < room ? width : room), text);
}

void live_line_end_flow(struct live_line *line)
{
    if (line->used > 0)
        live_line_end(line);
}
