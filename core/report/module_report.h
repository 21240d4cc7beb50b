/* module_report.h -- a run as the Lua table of which reports are made.
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
 * Times are in seconds but for latencies, which are in milliseconds as all of
 * k6's; what is absent is nil. A profile is as exporters have it
 * (export/modules.h).
 *
 * Path: output_html.c -> [module_report] -> exporters/report/
 */
#ifndef REPORT_MODULE_REPORT_H
#define REPORT_MODULE_REPORT_H

#include <stdbool.h>

#include "report/report.h"

struct lua_State;

/* Push the table. The run must be over, and the report stay as long as the
 * state. May raise. */
void module_report_push(struct lua_State *L, const struct report *report);

/* Its parts of module_report_series.c and module_report_profiles.c: push
 * `series`, and set `profiles` in the table on top. May raise. */
void module_report_push_series(struct lua_State *L,
                               const struct series *series);
void module_report_set_profiles(struct lua_State *L,
                                const struct profile_capture *capture);

/* What all of them use: a field of the table on top of the stack. */
void module_report_set_number(struct lua_State *L, const char *name,
                              double value);
void module_report_set_text(struct lua_State *L, const char *name,
                            const char *value);
void module_report_set_flag(struct lua_State *L, const char *name, bool value);

#endif
