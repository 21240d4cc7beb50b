/* summary.h -- the end-of-test summary in k6's layout, and as JSON in the
 * shape of k6's --summary-export.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdint.h>

#include "base/buf.h"
#include "report/report.h"

struct checks;
struct results;

/* Append the text. The run must be over. */
void summary_write(struct buf *out, const struct report *report);

void summary_write_json(struct buf *out, const struct report *report);

/* The metric's rate per second of the run. */
double summary_rate(const struct results *results, double count);

/* Positions of the checks in results->checks, by group and then name; free()
 * it. NULL when there are none, or no memory. */
uint32_t *summary_sort_checks(const struct checks *checks);

#endif
