/* summary_checks.c -- the section of checks: groups in order of appearance,
 * checks by name. */
#include <stdlib.h>
#include <string.h>

#include "measure/format.h"
#include "measure/results.h"
#include "report/summary.h"
#include "report/summary_text.h"

static int compare_checks(const void *a, const void *b, void *ctx)
{
    const struct checks *checks = ctx;
    const struct check *x = &checks->checks[*(const uint32_t *)a];
    const struct check *y = &checks->checks[*(const uint32_t *)b];
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
    qsort_r(order, checks->n_checks, sizeof *order, compare_checks,
            (void *)checks);
    return order;
}

/* Appends the path of a group: "data ▸ inner". */
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
        buf_printf(
            out, "      ↳  %d%% — ✓ %llu / ✗ %llu\n",
            (int)summary_percent((double)passed, (double)(passed + failed)),
            passed, failed);
}

static void put_share(struct buf *out, const char *name, double part,
                      double all)
{
    char text[SUMMARY_VALUE_MAX];
    format_share(text, sizeof text, part, all);
    summary_put_name(out, name);
    buf_printf(out, "%s %.0f out of %.0f\n", text, part, all);
}

/* Appends the totals of checks. */
static void put_totals(struct buf *out, const struct results *results)
{
    const struct metric *metric = results->metrics.all[METRIC_CHECKS];
    char text[SUMMARY_VALUE_MAX], name[SUMMARY_SUB_NAME_MAX];
    double n = (double)metric->count, passed = metric->sum;
    summary_put_name(out, "checks_total");
    buf_printf(out, "%-7.0f %s/s\n", n,
               format_number(text, sizeof text, summary_rate(results, n)));
    put_share(out, "checks_succeeded", passed, n);
    for (unsigned i = 0; i < metric->n_subs; i++) {
        const struct metric *sub = metric->subs[i];
        summary_sub_name(name, sub);
        if (summary_is_shown(sub))
            put_share(out, name, sub->sum, (double)sub->count);
    }
    put_share(out, "checks_failed", n - passed, n);
    buf_putc(out, '\n');
}

void summary_put_checks(struct buf *out, const struct report *report)
{
    const struct results *results = report->results;
    uint32_t *order = summary_sort_checks(&results->checks);
    if (!order)
        return;
    put_totals(out, results);

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
