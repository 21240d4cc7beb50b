/* summary.c -- k6's layout (of its version 1), all metrics, with p(99) and
 * p(99.9) beside its columns, and a section of errors where there are any. */
#include "load/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/format.h"

#define NAME_WIDTH 34 /* of the longest built-in name, with its dots */
#define TEXT_MAX 64

const char *const summary_columns[SUMMARY_COLUMNS] = {
    "avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "p(99.9)"};

double summary_column(const struct histogram *values, unsigned column)
{
    static const double quantiles[SUMMARY_COLUMNS] = {0,   0,    0.5,  0,
                                                      0.9, 0.95, 0.99, 0.999};
    if (values->count == 0)
        return 0;
    if (column == 0)
        return values->sum / (double)values->count;
    if (column == 1)
        return values->least;
    if (column == 3)
        return values->greatest;
    return histogram_quantile(values, quantiles[column]);
}

double summary_rate(const struct results *results, double count)
{
    double seconds = (double)(results->end_ns - results->start_ns) / 1e9;
    return seconds > 0 ? count / seconds : 0;
}

static double share(double part, double all)
{
    return all > 0 ? 100 * part / all : 0;
}

/* "    name.........: ", the sub-metric's name indented. */
static void put_name(struct buf *out, const char *name)
{
    size_t n = format_width(name);
    buf_printf(out, "    %s", name);
    for (; n < NAME_WIDTH; n++)
        buf_putc(out, '.');
    buf_puts(out, ": ");
}

static void pad(struct buf *out, const char *text, size_t width)
{
    buf_puts(out, text);
    for (size_t n = format_width(text); n < width; n++)
        buf_putc(out, ' ');
}

/* --- trends: the columns are as wide as their widest value ------------- */

struct widths {
    size_t columns[SUMMARY_COLUMNS];
    size_t count; /* the first column of counters and rates */
};

static void widen(struct widths *widths, const struct metric *metric)
{
    char text[TEXT_MAX];
    for (unsigned i = 0; i < SUMMARY_COLUMNS; i++) {
        format_value(text, sizeof text, metric->unit,
                     summary_column(&metric->values, i));
        size_t n = format_width(text);
        if (n > widths->columns[i])
            widths->columns[i] = n;
    }
}

static void put_trend(struct buf *out, const struct metric *metric,
                      const struct widths *widths)
{
    char text[TEXT_MAX];
    for (unsigned i = 0; i < SUMMARY_COLUMNS; i++) {
        buf_printf(out, "%s%s=", i ? " " : "", summary_columns[i]);
        format_value(text, sizeof text, metric->unit,
                     summary_column(&metric->values, i));
        pad(out, text, i + 1 < SUMMARY_COLUMNS ? widths->columns[i] : 0);
    }
}

/* --- the other kinds --------------------------------------------------- */

static const char *first_column(char *out, size_t size,
                                const struct metric *metric)
{
    switch (metric->kind) {
    case METRIC_COUNTER:
        return format_value(out, size, metric->unit, metric->sum);
    case METRIC_GAUGE:
        return format_value(out, size, metric->unit, metric->last);
    default:
        snprintf(out, size, "%.2f%%",
                 share(metric->sum, (double)metric->count));
        return out;
    }
}

static void put_plain(struct buf *out, const struct results *results,
                      const struct metric *metric, const struct widths *widths)
{
    char text[TEXT_MAX], other[TEXT_MAX];
    pad(out, first_column(text, sizeof text, metric), widths->count + 1);
    switch (metric->kind) {
    case METRIC_COUNTER:
        format_value(text, sizeof text, metric->unit,
                     summary_rate(results, metric->sum));
        buf_printf(out, "%s/s", text);
        break;
    case METRIC_GAUGE:
        format_value(text, sizeof text, metric->unit, metric->least);
        format_value(other, sizeof other, metric->unit, metric->greatest);
        buf_printf(out, "min=%s max=%s", text, other);
        break;
    default:
        buf_printf(out, "%.0f out of %llu", metric->sum,
                   (unsigned long long)metric->count);
    }
}

static void put_metric(struct buf *out, const struct results *results,
                       const struct metric *metric, const char *name,
                       const struct widths *widths)
{
    if (!metric->used)
        return;
    put_name(out, name);
    if (metric->kind == METRIC_TREND)
        put_trend(out, metric, widths);
    else
        put_plain(out, results, metric, widths);
    buf_putc(out, '\n');
}

static void measure(struct widths *widths, const struct results *results)
{
    *widths = (struct widths){{0}, 0};
    for (unsigned i = 0; i < results->metrics.n; i++) {
        const struct metric *metric = results->metrics.all[i];
        char text[TEXT_MAX];
        if (!metric->used)
            continue;
        if (metric->kind == METRIC_TREND) {
            widen(widths, metric);
            continue;
        }
        size_t n = format_width(first_column(text, sizeof text, metric));
        if (n > widths->count)
            widths->count = n;
    }
}

/* --- checks ------------------------------------------------------------ */

static const struct checks *sorted; /* qsort has no context argument */

static int compare_checks(const void *a, const void *b)
{
    const struct check *x = &sorted->checks[*(const uint32_t *)a];
    const struct check *y = &sorted->checks[*(const uint32_t *)b];
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return strcmp(x->name, y->name);
}

uint32_t *summary_sort_checks(const struct checks *checks)
{
    uint32_t *order = calloc(checks->n_checks, sizeof *order);
    if (!order || checks->n_checks == 0) {
        free(order);
        return NULL;
    }
    for (uint32_t i = 0; i < checks->n_checks; i++)
        order[i] = i;
    sorted = checks;
    qsort(order, checks->n_checks, sizeof *order, compare_checks);
    return order;
}

/* "data ▸ inner": a group within its outer ones. */
static void put_group(struct buf *out, const struct checks *checks,
                      uint32_t group)
{
    if (checks->groups[group].parent != CHECKS_ROOT) {
        put_group(out, checks, checks->groups[group].parent);
        buf_puts(out, " ▸ ");
    }
    buf_puts(out, checks->groups[group].name);
}

static void put_check(struct buf *out, const struct check *check)
{
    unsigned long long passed = check->n_passed, failed = check->n_failed;
    buf_printf(out, "    %s %s\n", failed ? "✗" : "✓", check->name);
    if (failed)
        buf_printf(out, "      ↳  %d%% — ✓ %llu / ✗ %llu\n",
                   (int)share((double)passed, (double)(passed + failed)),
                   passed, failed);
}

static void put_checks(struct buf *out, const struct results *results)
{
    const struct metric *metric = results->metrics.all[METRIC_CHECKS];
    uint32_t *order = summary_sort_checks(&results->checks);
    if (!order)
        return;
    char text[TEXT_MAX];
    double n = (double)metric->count, passed = metric->sum;
    put_name(out, "checks_total");
    buf_printf(out, "%-7.0f %s/s\n", n,
               format_number(text, sizeof text, summary_rate(results, n)));
    put_name(out, "checks_succeeded");
    buf_printf(out, "%.2f%% %.0f out of %.0f\n", share(passed, n), passed, n);
    put_name(out, "checks_failed");
    buf_printf(out, "%.2f%% %.0f out of %.0f\n\n", share(n - passed, n),
               n - passed, n);

    uint32_t group = CHECKS_ROOT;
    for (uint32_t i = 0; i < results->checks.n_checks; i++) {
        const struct check *check = &results->checks.checks[order[i]];
        if (check->group != group) {
            group = check->group;
            buf_puts(out, "\n    █ ");
            put_group(out, &results->checks, group);
            buf_puts(out, "\n\n");
        }
        put_check(out, check);
    }
    buf_putc(out, '\n');
    free(order);
}

/* --- the sections ------------------------------------------------------ */

static void put_range(struct buf *out, const struct results *results,
                      const char *title, unsigned from, unsigned to,
                      const struct widths *widths)
{
    size_t before = out->len;
    buf_printf(out, "    %s\n", title);
    size_t titled = out->len;
    for (unsigned i = from; i < to; i++)
        put_metric(out, results, results->metrics.all[i],
                   i == METRIC_HTTP_REQ_DURATION_EXPECTED
                       ? "  { expected_response:true }"
                       : results->metrics.all[i]->name,
                   widths);
    if (out->len == titled)
        out->len = before;
    else
        buf_putc(out, '\n');
}

static void put_errors(struct buf *out, const struct results *results)
{
    const struct outcome *outcome = &results->outcome;
    char name[160];
    if (outcome->n_errors == 0 && results->n_script_errors == 0)
        return;
    buf_puts(out, "    ERRORS\n");
    for (unsigned i = 0; i < outcome->n_errors; i++) {
        const struct outcome_error *error = &outcome->errors[i];
        snprintf(name, sizeof name, "%d %s", (int)error->error,
                 client_error_text(error->error));
        put_name(out, name);
        buf_printf(out, "%llu\n", (unsigned long long)error->count);
    }
    if (results->n_script_errors) {
        put_name(out, "script errors");
        buf_printf(out, "%llu\n", (unsigned long long)results->n_script_errors);
    }
    buf_putc(out, '\n');
}

/* Of interest only when not all of them are 200. */
static void put_statuses(struct buf *out, const struct results *results)
{
    const uint64_t *by_status = results->outcome.by_status;
    char name[32];
    bool all_fine = true;
    for (int i = 0; i < OUTCOME_STATUS_MAX; i++)
        all_fine = all_fine && (i == 200 || by_status[i] == 0);
    if (all_fine)
        return;
    buf_puts(out, "    STATUSES\n");
    for (int i = 0; i < OUTCOME_STATUS_MAX; i++) {
        if (by_status[i] == 0)
            continue;
        snprintf(name, sizeof name, "%d", i);
        put_name(out, name);
        buf_printf(out, "%llu\n", (unsigned long long)by_status[i]);
    }
    buf_putc(out, '\n');
}

void summary_write(struct buf *out, const struct results *results)
{
    struct widths widths;
    measure(&widths, results);
    buf_puts(out, "\n  █ TOTAL RESULTS\n\n");
    put_checks(out, results);
    put_range(out, results, "CUSTOM", METRIC_N_BUILT_IN, results->metrics.n,
              &widths);
    put_range(out, results, "HTTP", METRIC_HTTP_REQ_BLOCKED,
              METRIC_HTTP_REQS + 1, &widths);
    put_statuses(out, results);
    put_errors(out, results);
    put_range(out, results, "EXECUTION", METRIC_DROPPED_ITERATIONS,
              METRIC_VUS_MAX + 1, &widths);
    put_range(out, results, "NETWORK", METRIC_DATA_RECEIVED,
              METRIC_DATA_SENT + 1, &widths);
    if (results->n_interrupted)
        buf_printf(out, "    %llu iterations were interrupted\n\n",
                   (unsigned long long)results->n_interrupted);
}
