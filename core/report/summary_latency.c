/* summary_latency.c -- the section that shows the distribution of
 * http_req_latency: a row per range of values, with a bar for its share. The
 * ranges have equal widths; if the greatest value is many times the least, each
 * range is the same multiple of the range before. */
#include <math.h>

#include "measure/format.h"
#include "measure/results.h"
#include "report/summary_text.h"

#define ROWS 12
#define BAR_WIDTH 40
#define MANY_TIMES 8
#define SHARE_WIDTH 7

/* Sets the upper bounds of the rows and returns their number. */
static int divide(double bounds[ROWS], const struct histogram *values)
{
    double least = values->least, greatest = values->greatest;
    if (least <= 0)
        least = greatest / 1e4;
    if (!(greatest > least)) {
        bounds[0] = greatest;
        return 1;
    }
    double ratio = greatest / least;
    for (int i = 0; i < ROWS; i++) {
        double part = (i + 1) / (double)ROWS;
        bounds[i] = ratio > MANY_TIMES ? least * pow(ratio, part)
                                       : least + (greatest - least) * part;
    }
    bounds[ROWS - 1] = greatest; /* in spite of rounding */
    return ROWS;
}

/* Appends a bar in eighths of a column, so that a small share is still visible.
 */
static void put_bar(struct buf *out, double share)
{
    static const char *const eighths[] = {"",  "▏", "▎", "▍",
                                          "▌", "▋", "▊", "▉"};
    int n = (int)ceil(share * BAR_WIDTH * 8);
    for (int i = 0; i < n / 8; i++)
        buf_puts(out, "█");
    buf_puts(out, eighths[n % 8]);
    for (int i = (n + 7) / 8; i < BAR_WIDTH; i++)
        buf_putc(out, ' ');
}

static size_t widest(const double *bounds, int n)
{
    char text[SUMMARY_VALUE_MAX];
    size_t width = 0;
    for (int i = 0; i < n; i++) {
        size_t w = format_width(format_time(text, sizeof text, bounds[i]));
        width = w > width ? w : width;
    }
    return width;
}

static uint64_t most(const uint64_t *counts, int n)
{
    uint64_t count = 1;
    for (int i = 0; i < n; i++)
        count = counts[i] > count ? counts[i] : count;
    return count;
}

void summary_put_latency(struct buf *out, const struct report *report)
{
    const struct metric *metric =
        report->results->metrics.all[METRIC_HTTP_REQ_LATENCY];
    const struct histogram *values = &metric->values;
    double bounds[ROWS];
    uint64_t counts[ROWS], below = 0;
    char text[SUMMARY_VALUE_MAX];
    if (values->count == 0)
        return;
    int n = divide(bounds, values);
    size_t width = widest(bounds, n);
    for (int i = 0; i < n; i++) {
        uint64_t upto = histogram_count_upto(values, bounds[i]);
        counts[i] = upto - below;
        below = upto;
    }
    buf_printf(out, "    LATENCY %s, up to\n", metric->name);
    for (int i = 0; i < n; i++) {
        buf_puts(out, "    ");
        summary_pad(out, format_time(text, sizeof text, bounds[i]), width + 1);
        put_bar(out, (double)counts[i] / (double)most(counts, n));
        format_share(text, sizeof text, (double)counts[i],
                     (double)values->count);
        buf_printf(out, " %*s  %llu\n", SHARE_WIDTH, text,
                   (unsigned long long)counts[i]);
    }
    buf_putc(out, '\n');
}
