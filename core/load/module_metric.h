/* module_metric.h -- loadtest.Counter, Gauge, Rate and Trend: metrics of the
 * script's own.
 *
 * Path: module_loadtest.c -> [module_metric] -> measure/metrics.c
 */
#ifndef LOAD_MODULE_METRIC_H
#define LOAD_MODULE_METRIC_H

struct lua_State;
struct metric;
struct tags;

/* Adds the four constructors to the table on top of the stack. The first
 * upvalue of each is the generator. May raise. */
void module_metric_add_functions(struct lua_State *L);

/* Sets tags->own to the tags that the script passes at `arg`, if there are any
 * and a threshold or a listener needs the metric's tags. The tags are valid
 * until the next call for a metric of the same generator. May raise. */
void module_metric_check_tags(struct lua_State *L, int arg,
                              const struct metric *metric, struct tags *tags);

#endif
