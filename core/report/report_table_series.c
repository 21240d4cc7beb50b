/* report_table_series.c -- the run over time in the report's table. */
#include <lua.h>

#include "client/error.h"
#include "report/report_table.h"
#include "measure/series.h"

#define set_number report_table_set_number

static void push_failures(lua_State *L, const struct series *series)
{
    lua_createtable(L, (int)series->n_failures, 0);
    for (unsigned i = 0; i < series->n_failures; i++) {
        int failure = series->failures[i];
        if (failure == SERIES_OTHER_FAILURES)
            lua_pushliteral(L, "others");
        else if (failure < 1000)
            lua_pushfstring(L, "%d", failure);
        else
            lua_pushstring(L, client_error_text((enum client_error)failure));
        lua_rawseti(L, -2, i + 1);
    }
}

static void set_latency(lua_State *L, const struct histogram *latency)
{
    if (latency->count == 0)
        return;
    set_number(L, "p50", histogram_quantile(latency, 0.5));
    set_number(L, "p90", histogram_quantile(latency, 0.9));
    set_number(L, "p99", histogram_quantile(latency, 0.99));
    set_number(L, "p999", histogram_quantile(latency, 0.999));
    set_number(L, "max", latency->greatest);
}

static void push_bucket(lua_State *L, const struct series *series,
                        const struct series_bucket *bucket)
{
    double rate = series_rate(series, bucket, bucket->n_requests);
    lua_createtable(L, 0, 16);
    set_number(L, "span", (double)bucket->span_ns / 1e9);
    set_number(L, "cpu", (double)bucket->cpu_ns / 1e9);
    set_number(L, "requests", (double)bucket->n_requests);
    set_number(L, "iterations", (double)bucket->n_ended);
    set_number(L, "dropped", (double)bucket->n_dropped);
    set_number(L, "least_rate", bucket->has_rates ? bucket->least_rate : rate);
    set_number(L, "greatest_rate",
               bucket->has_rates ? bucket->greatest_rate : rate);
    set_number(L, "lag", bucket->lag_ms);
    if (bucket->has_looked) {
        set_number(L, "vus", bucket->n_active);
        set_number(L, "late", (double)bucket->n_late);
    }
    set_latency(L, &bucket->latency);
    lua_createtable(L, (int)series->n_failures, 0);
    for (unsigned i = 0; i < series->n_failures; i++) {
        lua_pushnumber(L, (double)bucket->failures[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "failures");
}

void report_table_push_series(lua_State *L, const struct series *series)
{
    lua_createtable(L, 0, 3);
    set_number(L, "width", (double)series->width_ns / 1e9);
    push_failures(L, series);
    lua_setfield(L, -2, "failures");
    lua_createtable(L, (int)series->n, 0);
    for (unsigned i = 0; i < series->n; i++) {
        push_bucket(L, series, &series->buckets[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "buckets");
}
