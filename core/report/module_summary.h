/* module_summary.h -- handleSummary: the script's own end-of-test summary.
 *
 * It gets the results as a table in k6's shape, and returns what to write:
 * `stdout`, `stderr`, or names of files = text.
 *
 * Path: cli/load.c -> [module_summary] -> the script
 */
#ifndef REPORT_MODULE_SUMMARY_H
#define REPORT_MODULE_SUMMARY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "report/report.h"

struct generator;

/* Take one text that the function returned. What becomes of it, the others are
 * handed over all the same. */
typedef void (*summary_text_fn)(void *ctx, const char *name,
                                const struct buf *text);

/* Has the script the function? */
bool summary_is_handled(struct generator *generator);

/* Call it. `text` is the summary that it takes the place of, the table's
 * `text`. False and err: it has failed, or returned something else, and nothing
 * was taken. [main thread, after the run] */
bool summary_handle(struct generator *generator, const struct report *report,
                    const struct buf *text, summary_text_fn take, void *ctx,
                    struct err *err);

#endif
