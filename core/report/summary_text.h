/* summary_text.h -- the pieces of which the summary's sections are made. */
#ifndef REPORT_SUMMARY_TEXT_H
#define REPORT_SUMMARY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "measure/metrics.h"
#include "measure/selector.h"
#include "report/report.h"

#define SUMMARY_VALUE_MAX 64 /* bytes of one value */

/* "    name.........: ". */
void summary_put_name(struct buf *out, const char *name);

/* Beside what is used, k6 shows the sub-metrics that a threshold asks for. */
bool summary_is_shown(const struct metric *metric);

#define SUMMARY_SUB_NAME_MAX (SELECTOR_TEXT_MAX + 16)

/* "  { name:data }", of a sub-metric. */
void summary_sub_name(char out[SUMMARY_SUB_NAME_MAX],
                      const struct metric *metric);

/* The text, and blanks up to `width` columns. */
void summary_pad(struct buf *out, const char *text, size_t width);

/* A share of all, in percent; 0 of nothing. */
double summary_percent(double part, double all);

/* The sections, each with an empty line behind it; nothing where there is
 * nothing to be said. */
void summary_put_thresholds(struct buf *out, const struct report *report);
void summary_put_checks(struct buf *out, const struct report *report);
void summary_put_latency(struct buf *out, const struct report *report);
void summary_put_statuses(struct buf *out, const struct report *report);
void summary_put_errors(struct buf *out, const struct report *report);

#endif
