/* module_metric.h -- loadtest.Counter, Gauge, Rate and Trend. */
#ifndef LOAD_MODULE_METRIC_H
#define LOAD_MODULE_METRIC_H

struct lua_State;
struct metric;
struct tags;

/* Put the four constructors into the table on top of the stack. May raise. */
void module_metric_add_functions(struct lua_State *L);

/* Set tags->own to those that the script gives at `arg`, if anything, and if
 * anybody asks for tags of the metric. Good until the next call for a metric of
 * the same generator. May raise. */
void module_metric_check_tags(struct lua_State *L, int arg,
                              const struct metric *metric, struct tags *tags);

#endif
