/* live_line.h -- writes lines of text, bars and sparklines that are never wider
 * than the terminal. Widths are counted in columns, and a line is cut at the
 * edge.
 *
 * Names come from scripts, so bytes that are not UTF-8 and characters that
 * would move the cursor become `?`. On a terminal without UTF-8, our own signs
 * are replaced by ASCII signs of the same width.
 *
 * Path: live_block.c -> [live_line] -> live_view.c
 */
#ifndef LIVE_LIVE_LINE_H
#define LIVE_LIVE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Colours of the 16 that every terminal has. */
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

/* Writes one line after another; {out, style} begins the first. */
struct live_line {
    struct buf *out;
    const struct live_style *style;
    unsigned used; /* columns of the current line */
    unsigned n_ended;
};

/* Returns the columns that are left on the current line. */
unsigned live_line_room(const struct live_line *line);

/* Returns the columns of a text. */
unsigned live_line_width(const char *text);

void live_line_put(struct live_line *line, enum live_colour colour,
                   const char *text);
void live_line_printf(struct live_line *line, enum live_colour colour,
                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends blanks up to column `column`, counted from 0. */
void live_line_tab(struct live_line *line, unsigned column);

/* Appends a text in exactly |width| columns: cut, or padded with blanks after
 * it, before it if `width` is negative. */
void live_line_field(struct live_line *line, enum live_colour colour, int width,
                     const char *text);

/* Appends a bar over `share`, 0 to 1, of `width` columns. */
void live_line_bar(struct live_line *line, double share, unsigned width);

/* Appends a sparkline of the last `width` values, scaled from 0 to the
 * greatest. A negative value is missing and leaves a blank. */
void live_line_sparkline(struct live_line *line, const double *values, size_t n,
                         unsigned width);

/* Ends the line and clears the rest of it on the screen. */
void live_line_end(struct live_line *line);

/* Appends an item of a list, three blanks after the previous item, or on the
 * next line if it does not fit. */
void live_line_flow(struct live_line *line, enum live_colour colour,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Ends the list. */
void live_line_end_flow(struct live_line *line);

#endif
