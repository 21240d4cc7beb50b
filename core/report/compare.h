/* compare.h -- compares two runs and decides whether they differ.
 *
 * The noise of the runs decides. Each summary contains the run's windows of one
 * second. A row differs if the interval of the shift between the windows of
 * both runs (measure/interval.h) excludes 0. The interval is wider if
 * neighbouring windows are alike, as in a run that drifts, because such windows
 * carry less information. Failures and a function's share of a profile are
 * proportions and are tested as such. A row with a single value, such as a
 * maximum, is not tested.
 *
 * Path: summary_file.c -> [compare] -> cli/load_compare.c
 */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "measure/interval.h"
#include "report/summary_file.h"

#define COMPARE_CONFIDENCE 0.99

enum compare_verdict {
    COMPARE_UNTESTED,
    COMPARE_SAME, /* no significant difference */
    COMPARE_LESS, /* B is less than A */
    COMPARE_MORE,
};

/* The values of a run's windows: requests/s, or one of window_columns. */
#define COMPARE_RATE WINDOW_COLUMNS

/* Returns how many windows have a value; for times, those with a request. */
size_t compare_n_windows(const struct summary_file *file, unsigned column);

/* Compares the windows of both runs. `shift` is B - A in the windows' unit.
 * Returns false if out of memory. */
bool compare_windows(const struct summary_file *a, const struct summary_file *b,
                     unsigned column, struct interval *shift,
                     enum compare_verdict *verdict);

/* Compares two proportions, each `part` of `all`. */
enum compare_verdict compare_parts(double part_a, double all_a, double part_b,
                                   double all_b);

/* Appends the comparison, with the first `top` functions of each profile that
 * both runs have. */
void compare_write(struct buf *out, const struct summary_file *a,
                   const struct summary_file *b, unsigned top);

#endif
