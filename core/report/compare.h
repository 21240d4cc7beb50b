/* compare.h -- two runs side by side, and whether they differ.
 *
 * What the runs themselves tell of their noise decides: the windows of a
 * second that each has in its summary. A row differs if the interval of the
 * shift between the windows of both (interval.h) leaves out 0. It is wider
 * where windows are like their neighbours, as in a run that drifts: the fewer
 * of them tell something new.
 * Failures, and a function's share of a profile, are proportions, and are
 * tested as such. What has one value only, as a maximum, is not tested.
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

/* Which windows of a run: of requests/s, or one of window_columns. */
#define COMPARE_RATE WINDOW_COLUMNS

/* How many windows have a value there: of times, those with a request. */
size_t compare_n_windows(const struct summary_file *file, unsigned column);

/* The windows of both runs. `shift` is B less A, in the windows' unit. False:
 * out of memory. */
bool compare_windows(const struct summary_file *a, const struct summary_file *b,
                     unsigned column, struct interval *shift,
                     enum compare_verdict *verdict);

/* Two proportions, `part` of `all` each. */
enum compare_verdict compare_parts(double part_a, double all_a, double part_b,
                                   double all_b);

/* Append the comparison, with the first `top` functions of the profiles that
 * both have. */
void compare_write(struct buf *out, const struct summary_file *a,
                   const struct summary_file *b, unsigned top);

#endif
