/* summary.h -- writes the end-of-test summary, as text in k6's layout and as
 * JSON in the shape of k6's --summary-export.
 *
 * Path: report.c -> [summary] -> cli/load.c, output_summary.c
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdint.h>

#include "base/buf.h"
#include "report/report.h"

struct checks;
struct results;

/* Append the summary. The run must be over. */
void summary_write(struct buf *out, const struct report *report);

void summary_write_json(struct buf *out, const struct report *report);

/* Returns `count` per second of the run. */
double summary_rate(const struct results *results, double count);

/* Returns the positions of the checks in results->checks, sorted by group, then
 * name. Returns NULL if there are none or if out of memory. The caller frees
 * it. */
uint32_t *summary_sort_checks(const struct checks *checks);

#endif
