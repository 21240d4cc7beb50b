/* format.h -- writes numbers for people, as k6's summary does. Each function
 * writes into `out` and returns it.
 */
#ifndef MEASURE_FORMAT_H
#define MEASURE_FORMAT_H

#include <stddef.h>

#include "measure/metrics.h"

/* "1.23ms", "152.38µs", "2.5s", "1m30s", from milliseconds. */
const char *format_time(char *out, size_t size, double ms);

/* A time with three digits; below an hour it takes at most 6 columns: "1.23ms",
 * "152µs", "14.3s", "1m40s", "0". */
const char *format_time_brief(char *out, size_t size, double ms);

/* "2,412". */
const char *format_count(char *out, size_t size, double n);

/* "519 kB", "4.9 kB". */
const char *format_bytes(char *out, size_t size, double bytes);

/* Up to 6 decimals, no zeros at the end. */
const char *format_number(char *out, size_t size, double value);

/* "66.66%", cut and not rounded, so that 100.00% always means all. */
const char *format_share(char *out, size_t size, double part, double all);

/* A value in the unit of its metric. */
const char *format_value(char *out, size_t size, enum metric_unit unit,
                         double value);

/* Returns the columns of a text on a terminal: its number of code points. */
size_t format_width(const char *text);

#endif
