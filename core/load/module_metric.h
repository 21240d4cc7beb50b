/* module_metric.h -- loadtest.Counter, Gauge, Rate and Trend. */
#ifndef LOAD_MODULE_METRIC_H
#define LOAD_MODULE_METRIC_H

struct lua_State;

/* Put the four constructors into the table on top of the stack. May raise. */
void module_metric_add_functions(struct lua_State *L);

#endif
