/* report_table.h -- makes the Lua table of a run, from which reports are made.
 *
 *   { title, target, version, started, seconds, ended,
 *     requests = { count, rate, failed },
 *     generator = { threads, cpu, busy, lag_p99 },
 *     scenarios = { { name, executor, vus, start, duration, iterations,
 *                     is_open, from, stages = { { seconds, target } } } },
 *     thresholds = { { metric, condition, bound, value, unit, judged, failed,
 *                      first_failed, note, is_latency } },
 *     series = { width, failures = { name },
 *                buckets = { { span, cpu, requests, iterations, dropped,
 *                              failures = { count }, least_rate,
 *                              greatest_rate, lag, vus, late,
 *                              p50, p90, p99, p999, max } } },
 *     latency, duration = { { quantile, value } },
 *     endpoints = { { name, count, failed, p50, p99, max } },
 *     checks = { { group, name, passed, failed } },
 *     metrics = { { name, kind, unit, ... } },
 *     statuses = { { status, count } }, errors = { { code, text, count } },
 *     script_errors, interrupted,
 *     profiles = { window = { begin, seconds },
 *                  list = { { kind, is_snapshot, is_in_use, error, type, unit,
 *                             file, total, functions, endpoints, profile } } }
 * }
 *
 * Times are in seconds, latencies in milliseconds as in k6. A missing value is
 * nil. A profile is the userdata of export/profile_view.h.
 *
 * Path: output_html.c -> [report_table] -> exporters/report/
 */
#ifndef REPORT_REPORT_TABLE_H
#define REPORT_REPORT_TABLE_H

#include <stdbool.h>

#include "report/report.h"

struct lua_State;

/* Pushes the table. The run must be over, and the report must outlive the
 * state. May raise. */
void report_table_push(struct lua_State *L, const struct report *report);

/* The parts in report_table_series.c and report_table_profiles.c: push
 * `series`; set `profiles` in the table on top of the stack. May raise. */
void report_table_push_series(struct lua_State *L, const struct series *series);
void report_table_set_profiles(struct lua_State *L,
                               const struct profile_capture *capture);

/* Set a field of the table on top of the stack. May raise. */
void report_table_set_number(struct lua_State *L, const char *name,
                             double value);
void report_table_set_text(struct lua_State *L, const char *name,
                           const char *value);
void report_table_set_flag(struct lua_State *L, const char *name, bool value);

#endif
