/* live_line.h -- lines of a terminal, never wider than it: texts, bars and
 * sparklines, counted in columns and cut at the edge.
 *
 * What is not UTF-8, and what would move the cursor, becomes `?`: names come
 * from scripts. On a terminal without UTF-8 our own signs have a stand-in of
 * the same width.
 *
 * Path: live_block.c -> [live_line] -> live_view.c
 */
#ifndef LIVE_LIVE_LINE_H
#define LIVE_LIVE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* The 16 colours that every terminal has. */
enum live_colour {
    LIVE_PLAIN,
    LIVE_DIM,
    LIVE_BOLD,
    LIVE_RED,
    LIVE_GREEN,
    LIVE_YELLOW,
    LIVE_CYAN,
};

struct live_style {
    unsigned columns, rows;
    bool utf8, colours;
};

/* Lines, one after the other; {out, style} begins the first. */
struct live_line {
    struct buf *out;
    const struct live_style *style;
    unsigned used; /* columns of the one that is being written */
    unsigned n_ended;
};

/* Columns that are left. */
unsigned live_line_room(const struct live_line *line);

/* Columns that a text takes. */
unsigned live_line_width(const char *text);

void live_line_put(struct live_line *line, enum live_colour colour,
                   const char *text);
void live_line_printf(struct live_line *line, enum live_colour colour,
                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Blanks, up to column `column` from 0. */
void live_line_tab(struct live_line *line, unsigned column);

/* A text in exactly so many columns: cut, or with blanks after it, or, where
 * width is negative, before it. */
void live_line_field(struct live_line *line, enum live_colour colour, int width,
                     const char *text);

/* `share` from 0 to 1 of `width` columns. */
void live_line_bar(struct live_line *line, double share, unsigned width);

/* The last of `values` that have room in `width` columns, between 0 and the
 * greatest of them. Negative: there is no value. */
void live_line_sparkline(struct live_line *line, const double *values, size_t n,
                         unsigned width);

/* End it: clear what the screen has to the right of it. */
void live_line_end(struct live_line *line);

/* An item of a list: three blanks after the one before it, or on the next line
 * if it does not fit. */
void live_line_flow(struct live_line *line, enum live_colour colour,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The list is over. */
void live_line_end_flow(struct live_line *line);

#endif
