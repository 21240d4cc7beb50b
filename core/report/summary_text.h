/* summary_text.h -- the pieces of the summary's sections.
 *
 * Path: summary.c -> [summary_text], summary_checks.c
 */
#ifndef REPORT_SUMMARY_TEXT_H
#define REPORT_SUMMARY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "measure/metrics.h"
#include "measure/selector.h"
#include "report/report.h"

#define SUMMARY_VALUE_MAX 64 /* bytes of one value */

/* Appends "    name.........: ". */
void summary_put_name(struct buf *out, const char *name);

/* Returns true if the summary shows the metric: used ones and, as in k6, the
 * sub-metrics of thresholds. */
bool summary_is_shown(const struct metric *metric);

#define SUMMARY_SUB_NAME_MAX (SELECTOR_TEXT_MAX + 16)

/* Writes "  { name:data }" for a sub-metric. */
void summary_sub_name(char out[SUMMARY_SUB_NAME_MAX],
                      const struct metric *metric);

/* Appends the text and blanks up to `width` columns. */
void summary_pad(struct buf *out, const char *text, size_t width);

/* Returns the share in percent, 0 if `all` is 0. */
double summary_percent(double part, double all);

/* Append a section with an empty line behind it, or nothing if the section is
 * empty. */
void summary_put_thresholds(struct buf *out, const struct report *report);
void summary_put_checks(struct buf *out, const struct report *report);
void summary_put_latency(struct buf *out, const struct report *report);
void summary_put_statuses(struct buf *out, const struct report *report);
void summary_put_errors(struct buf *out, const struct report *report);

#endif
