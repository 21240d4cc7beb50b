#include "report/summary_text.h"

#include <stdio.h>

#include "measure/format.h"

#define NAME_WIDTH 34 /* columns of the longest built-in name with dots */

void summary_put_name(struct buf *out, const char *name)
{
    size_t n = format_width(name);
    buf_printf(out, "    %s", name);
    for (; n < NAME_WIDTH; n++)
        buf_putc(out, '.');
    buf_puts(out, ": ");
}

bool summary_is_shown(const struct metric *metric)
{
    return metric->used || metric_is_asked_for(metric);
}

void summary_sub_name(char out[SUMMARY_SUB_NAME_MAX],
                      const struct metric *metric)
{
    struct tag_value inside = selector_inside(metric->selector);
    snprintf(out, SUMMARY_SUB_NAME_MAX, "  { %.*s }", (int)inside.n, inside.at);
}

void summary_pad(struct buf *out, const char *text, size_t width)
{
    buf_puts(out, text);
    for (size_t n = format_width(text); n < width; n++)
        buf_putc(out, ' ');
}

double summary_percent(double part, double all)
{
    return all > 0 ? 100 * part / all : 0;
}
