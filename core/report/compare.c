#include "report/compare.h"

#include <math.h>
#include <stdlib.h>

/* The values of one column, of the windows that have one. */
struct series {
    double *values;
    size_t n;
};

static bool has_value(const struct summary_file *file, unsigned column,
                      size_t i)
{
    return column == COMPARE_RATE ? file->seconds[i] > 0
                                  : file->requests[i] > 0;
}

size_t compare_n_windows(const struct summary_file *file, unsigned column)
{
    size_t n = 0;
    for (size_t i = 0; i < file->n_windows; i++)
        n += has_value(file, column, i);
    return n;
}

static bool collect_values(struct series *series,
                           const struct summary_file *file, unsigned column)
{
    series->values = calloc(file->n_windows + 1, sizeof *series->values);
    series->n = 0;
    for (size_t i = 0; series->values && i < file->n_windows; i++)
        if (has_value(file, column, i))
            series->values[series->n++] =
                column == COMPARE_RATE ? file->requests[i] / file->seconds[i]
                                       : file->columns[column][i];
    return series->values != NULL;
}

/* Returns the number of windows divided by the number of independent windows
 * that carry the same information. */
static double excess(const struct series *series)
{
    double likeness = interval_likeness(series->values, series->n);
    return (1 + likeness) / (1 - likeness);
}

static double stretch(const struct series *a, const struct series *b)
{
    double n_a = (double)a->n, n_b = (double)b->n;
    if (a->n == 0 || b->n == 0)
        return 1;
    return sqrt((excess(a) / n_a + excess(b) / n_b) / (1 / n_a + 1 / n_b));
}

static enum compare_verdict judge(const struct interval *shift)
{
    /* Not known: the windows are so alike that every shift is possible. */
    if (!shift->is_known || (shift->low <= 0 && shift->high >= 0))
        return COMPARE_SAME;
    return shift->value < 0 ? COMPARE_LESS : COMPARE_MORE;
}

bool compare_windows(const struct summary_file *a, const struct summary_file *b,
                     unsigned column, struct interval *shift,
                     enum compare_verdict *verdict)
{
    struct series of_a, of_b = {NULL, 0};
    bool ok =
        collect_values(&of_a, a, column) && collect_values(&of_b, b, column) &&
        interval_of_shift(of_a.values, of_a.n, of_b.values, of_b.n,
                          COMPARE_CONFIDENCE, stretch(&of_a, &of_b), shift);
    *verdict = COMPARE_UNTESTED;
    if (ok && of_a.n >= INTERVAL_LEAST && of_b.n >= INTERVAL_LEAST)
        *verdict = judge(shift);
    free(of_a.values);
    free(of_b.values);
    return ok;
}

/* Divides the difference by its standard deviation under the assumption that
 * both proportions are equal. */
enum compare_verdict compare_parts(double part_a, double all_a, double part_b,
                                   double all_b)
{
    if (all_a <= 0 || all_b <= 0)
        return COMPARE_UNTESTED;
    double pooled = (part_a + part_b) / (all_a + all_b);
    double deviation = sqrt(pooled * (1 - pooled) * (1 / all_a + 1 / all_b));
    double difference = part_b / all_b - part_a / all_a;
    if (fabs(difference) <= interval_normal(COMPARE_CONFIDENCE) * deviation)
        return COMPARE_SAME;
    return difference < 0 ? COMPARE_LESS : COMPARE_MORE;
}
