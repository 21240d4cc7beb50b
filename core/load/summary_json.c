/* summary_json.c -- the shape of k6's --summary-export: times in ms. */
#include <stdlib.h>
#include <string.h>

#include "load/summary.h"

static void put_text(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20)
            buf_printf(out, "\\u%04x", c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '"');
}

static void put_member(struct buf *out, const char *name, double value,
                       bool first)
{
    buf_puts(out, first ? "" : ", ");
    put_text(out, name);
    buf_printf(out, ": %.15g", value);
}

static void put_metric(struct buf *out, const struct results *results,
                       const struct metric *metric)
{
    double all = (double)metric->count;
    buf_putc(out, '{');
    switch (metric->kind) {
    case METRIC_COUNTER:
        put_member(out, "count", metric->sum, true);
        put_member(out, "rate", summary_rate(results, metric->sum), false);
        break;
    case METRIC_GAUGE:
        put_member(out, "value", metric->last, true);
        put_member(out, "min", metric->least, false);
        put_member(out, "max", metric->greatest, false);
        break;
    case METRIC_RATE:
        put_member(out, "value", all > 0 ? metric->sum / all : 0, true);
        put_member(out, "passes", metric->sum, false);
        put_member(out, "fails", all - metric->sum, false);
        break;
    case METRIC_TREND:
        for (unsigned i = 0; i < SUMMARY_COLUMNS; i++)
            put_member(out, summary_columns[i],
                       summary_column(&metric->values, i), i == 0);
        break;
    }
    buf_putc(out, '}');
}

static void put_path(struct buf *out, const struct checks *checks,
                     uint32_t group)
{
    if (group == CHECKS_ROOT)
        return;
    put_path(out, checks, checks->groups[group].parent);
    buf_puts(out, "::");
    buf_puts(out, checks->groups[group].name);
}

/* "name": ..., "path": "::outer::name" */
static void put_names(struct buf *out, const struct checks *checks,
                      uint32_t group, const char *check)
{
    struct buf path = BUF_INIT;
    put_path(&path, checks, group);
    if (check) {
        buf_puts(&path, "::");
        buf_puts(&path, check);
    }
    const char *text = buf_cstr(&path);
    buf_puts(out, "\"name\": ");
    put_text(out, check ? check : checks->groups[group].name);
    buf_puts(out, ", \"path\": ");
    put_text(out, text ? text : "");
    buf_fini(&path);
}

static void put_group(struct buf *out, const struct checks *checks,
                      const uint32_t *order, uint32_t group)
{
    const char *comma = "";
    buf_putc(out, '{');
    put_names(out, checks, group, NULL);
    buf_puts(out, ", \"groups\": {");
    for (uint32_t i = 1; i < checks->n_groups; i++) {
        if (checks->groups[i].parent != group)
            continue;
        buf_puts(out, comma);
        put_text(out, checks->groups[i].name);
        buf_puts(out, ": ");
        put_group(out, checks, order, i);
        comma = ", ";
    }
    buf_puts(out, "}, \"checks\": {");
    comma = "";
    for (uint32_t i = 0; order && i < checks->n_checks; i++) {
        const struct check *check = &checks->checks[order[i]];
        if (check->group != group)
            continue;
        buf_puts(out, comma);
        put_text(out, check->name);
        buf_puts(out, ": {");
        put_names(out, checks, group, check->name);
        buf_printf(out, ", \"passes\": %llu, \"fails\": %llu}",
                   (unsigned long long)check->n_passed,
                   (unsigned long long)check->n_failed);
        comma = ", ";
    }
    buf_puts(out, "}}");
}

void summary_write_json(struct buf *out, const struct results *results,
                        struct buf *more)
{
    uint32_t *order = summary_sort_checks(&results->checks);
    const char *comma = "";
    buf_puts(out, "{\n  \"metrics\": {");
    for (unsigned i = 0; i < results->metrics.n; i++) {
        const struct metric *metric = results->metrics.all[i];
        if (!metric->used)
            continue;
        buf_printf(out, "%s\n    ", comma);
        put_text(out, metric->name);
        buf_puts(out, ": ");
        put_metric(out, results, metric);
        comma = ",";
    }
    buf_puts(out, "\n  },\n  \"root_group\": ");
    put_group(out, &results->checks, order, CHECKS_ROOT);
    if (more)
        buf_append(out, more->data, more->len);
    buf_puts(out, "\n}\n");
    free(order);
}
