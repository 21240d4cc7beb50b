/* handle_summary.h -- calls handleSummary, the script's own end-of-test
 * summary.
 *
 * The function gets the results as a table in k6's shape. It returns a table of
 * texts to write, by name: `stdout`, `stderr`, or a file's name.
 *
 * Path: cli/load.c -> [handle_summary] -> the script
 */
#ifndef REPORT_HANDLE_SUMMARY_H
#define REPORT_HANDLE_SUMMARY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "report/report.h"

struct generator;

/* Takes one text that the function returned. Called for each text, even after
 * one could not be written. */
typedef void (*summary_text_fn)(void *ctx, const char *name,
                                const struct buf *text);

/* Returns true if the script has the function. */
bool handle_summary_exists(struct generator *generator);

/* Calls the function. `text` is the standard summary, which the function gets
 * as field `text`. Returns false and sets err if the function fails or returns
 * something else; then `take` was not called. [main thread, after the run] */
bool handle_summary_call(struct generator *generator,
                         const struct report *report, const struct buf *text,
                         summary_text_fn take, void *ctx, struct err *err);

#endif
