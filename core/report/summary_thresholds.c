/* summary_thresholds.c -- k6's section of thresholds, by metric. A sub-metric
 * stands below its metric if that has thresholds too. */
#include "load/config.h"
#include "measure/format.h"
#include "measure/results.h"
#include "report/summary_text.h"

#include <string.h>

static void put_threshold(struct buf *out, const struct threshold *threshold,
                          const struct metric *metric, const char *indent)
{
    char text[SUMMARY_VALUE_MAX * 2];
    threshold_format(text, sizeof text, threshold,
                     metric ? metric->kind : METRIC_GAUGE,
                     metric ? metric->unit : METRIC_PLAIN);
    buf_printf(out, "%s    %s '%s' %s", indent, threshold->failed ? "✗" : "✓",
               threshold->text, threshold->judged ? text : "not judged");
    if (threshold->note[0])
        buf_printf(out, " (%s)", threshold->note);
    buf_putc(out, '\n');
}

static void put_title(struct buf *out, const struct selector *selector,
                      const char *indent)
{
    struct tag_value inside = selector_inside(selector);
    if (*indent)
        buf_printf(out, "%s    {%.*s}\n", indent, (int)inside.n, inside.at);
    else
        buf_printf(out, "    %s\n", selector->text);
}

void summary_put_thresholds(struct buf *out, const struct report *report)
{
    const struct thresholds *thresholds = &report->config->thresholds;
    const char *base = "";
    if (thresholds->n == 0)
        return;
    buf_puts(out, "\n  █ THRESHOLDS\n\n");
    for (unsigned i = 0; i < thresholds->n; i++) {
        const struct selector *selector = &thresholds->selectors[i];
        const struct metric *metric =
            metrics_select(&report->results->metrics, selector);
        const char *indent =
            selector->n_tags && strcmp(base, selector->metric) == 0 ? "  " : "";
        if (selector->n_tags == 0)
            base = selector->metric;
        put_title(out, selector, indent);
        for (unsigned k = 0; k < thresholds->of[i].n; k++)
            put_threshold(out, &thresholds->of[i].all[k], metric, indent);
        buf_putc(out, '\n');
    }
}
