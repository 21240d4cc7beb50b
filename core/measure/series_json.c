/* series_json.c -- writes the series into the JSON summary: one array per
 * column, with an element for each bucket that has data. */
#include "measure/series.h"

static double at(const struct series *series, unsigned i)
{
    return (double)i * (double)series->width_ns / 1e9;
}

static double seconds(const struct series *series, unsigned i)
{
    return (double)series->buckets[i].span_ns / 1e9 / series->n_generators;
}

static double requests(const struct series *series, unsigned i)
{
    return (double)series->buckets[i].n_requests;
}

static double failed(const struct series *series, unsigned i)
{
    return (double)series->buckets[i].n_failed;
}

static double iterations(const struct series *series, unsigned i)
{
    return (double)series->buckets[i].n_ended;
}

static double dropped(const struct series *series, unsigned i)
{
    return (double)series->buckets[i].n_dropped;
}

static double vus(const struct series *series, unsigned i)
{
    return series->buckets[i].n_active;
}

static double late(const struct series *series, unsigned i)
{
    return (double)series->buckets[i].n_late;
}

static double median(const struct series *series, unsigned i)
{
    return histogram_quantile(&series->buckets[i].latency, 0.5);
}

static double p90(const struct series *series, unsigned i)
{
    return histogram_quantile(&series->buckets[i].latency, 0.9);
}

static double p99(const struct series *series, unsigned i)
{
    return histogram_quantile(&series->buckets[i].latency, 0.99);
}

static double p999(const struct series *series, unsigned i)
{
    return histogram_quantile(&series->buckets[i].latency, 0.999);
}

static double greatest(const struct series *series, unsigned i)
{
    return series->buckets[i].latency.greatest;
}

static double lag(const struct series *series, unsigned i)
{
    return series->buckets[i].lag_ms;
}

static double cores(const struct series *series, unsigned i)
{
    return series_cores(series, &series->buckets[i]);
}

static const struct column {
    const char *name;
    double (*get)(const struct series *series, unsigned i);
} columns[] = {
    {"at", at},
    {"seconds", seconds},
    {"requests", requests},
    {"failed", failed},
    {"iterations", iterations},
    {"dropped_iterations", dropped},
    {"vus", vus},
    {"late", late},
    {"med", median},
    {"p(90)", p90},
    {"p(99)", p99},
    {"p(99.9)", p999},
    {"max", greatest},
    {"pacing_lag", lag},
    {"generator_cores", cores},
};

void series_write_json(struct json_writer *json, const struct series *series)
{
    json_begin_object(json, "series");
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        json_new_line(json, 4);
        json_begin_array(json, columns[c].name);
        for (unsigned i = 0; i < series->n; i++)
            if (series->buckets[i].span_ns != 0)
                json_significant(json, NULL, 6, columns[c].get(series, i));
        json_end_array(json);
    }
    json_new_line(json, 2);
    json_end_object(json);
}
