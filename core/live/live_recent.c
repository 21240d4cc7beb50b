#include "live/live_recent.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "load/load.h"

void live_recent_init(struct live_recent *recent, unsigned span)
{
    *recent = (struct live_recent){.span = span};
}

void live_recent_fini(struct live_recent *recent)
{
    for (unsigned i = 0; i < LIVE_MARKS_MAX; i++) {
        histogram_fini(&recent->marks[i].latency);
        histogram_fini(&recent->marks[i].lag);
    }
    histogram_fini(&recent->between);
}

void live_latency_read(struct live_latency *latency,
                       const struct histogram *values)
{
    *latency = (struct live_latency){
        .n = values->count,
        .p50 = histogram_quantile(values, 0.5),
        .p99 = histogram_quantile(values, 0.99),
        .p999 = histogram_quantile(values, 0.999),
        .greatest = values->greatest,
    };
}

static const struct histogram *values_of(const struct load *load,
                                         enum metric_id id)
{
    return &load->results.metrics.all[id]->values;
}

/* Returns the values recorded since the mark, an empty histogram if out of
 * memory. */
static const struct histogram *since(struct live_recent *recent,
                                     const struct histogram *now,
                                     const struct histogram *mark)
{
    if (histogram_copy(&recent->between, now))
        histogram_subtract(&recent->between, mark);
    return &recent->between;
}

/* Reads the load of the generators. A generator whose status has not changed
 * (it is at its end, or a script blocks it) counts when the status changes. */
static void read_generators(struct live_recent *recent, struct load *load,
                            const struct live_mark *mark, int64_t start_ns)
{
    recent->cores = recent->busiest = 0;
    for (unsigned i = 0; i < load->n_generators; i++) {
        struct generator_status status;
        load_read_generator(load, i, &status);
        bool marked = mark->generators[i].at_ns != 0;
        int64_t from_ns = marked ? mark->generators[i].at_ns : start_ns;
        double took = (double)(status.as_of_ns - from_ns);
        if (took <= 0)
            continue;
        double idle = (double)(status.idle_ns - mark->generators[i].idle_ns);
        double cpu = (double)(status.cpu_ns - mark->generators[i].cpu_ns);
        recent->cores += cpu / took;
        recent->busiest = fmax(recent->busiest, fmax(0, 1 - idle / took));
    }
}

static double count_recent(struct live_recent *recent, const struct load *load)
{
    struct metric *const *all = load->results.metrics.all;
    recent->are_iterations = all[METRIC_HTTP_REQS]->sum == 0;
    return recent->are_iterations ? all[METRIC_ITERATIONS]->sum
                                  : all[METRIC_HTTP_REQS]->sum;
}

static void set_mark(struct live_mark *mark, struct load *load, int64_t now_ns,
                     double n)
{
    mark->at_ns = now_ns;
    mark->n = n;
    histogram_copy(&mark->latency, values_of(load, METRIC_HTTP_REQ_LATENCY));
    histogram_copy(&mark->lag, values_of(load, METRIC_PACING_LAG));
    for (unsigned i = 0; i < load->n_generators; i++) {
        struct generator_status status;
        load_read_generator(load, i, &status);
        mark->generators[i].at_ns = status.as_of_ns;
        mark->generators[i].cpu_ns = status.cpu_ns;
        mark->generators[i].idle_ns = status.idle_ns;
    }
}

static void push_second(struct live_recent *recent)
{
    if (recent->n_seconds == LIVE_SECONDS_MAX) {
        recent->n_seconds--;
        size_t size = recent->n_seconds * sizeof *recent->rates;
        memmove(recent->rates, recent->rates + 1, size);
        memmove(recent->p99s, recent->p99s + 1, size);
    }
    recent->rates[recent->n_seconds] = recent->rate;
    recent->p99s[recent->n_seconds] =
        recent->latency.n ? recent->latency.p99 : -1;
    recent->n_seconds++;
}

void live_recent_update(struct live_recent *recent, struct load *load)
{
    static const struct live_mark none;
    int64_t now_ns = clock_mono_ns(), start_ns = load->results.start_ns;
    struct live_mark *oldest = &recent->marks[recent->n_updates % recent->span];
    const struct live_mark *mark =
        recent->n_updates >= recent->span ? oldest : &none;
    double n = count_recent(recent, load);
    double took_s =
        (double)(now_ns - (mark->at_ns ? mark->at_ns : start_ns)) / 1e9;
    recent->rate = took_s > 0 ? fmax(0, n - mark->n) / took_s : 0;
    live_latency_read(&recent->latency,
                      since(recent, values_of(load, METRIC_HTTP_REQ_LATENCY),
                            &mark->latency));
    const struct histogram *lag =
        since(recent, values_of(load, METRIC_PACING_LAG), &mark->lag);
    recent->n_lags = lag->count;
    recent->lag_p99_ms = histogram_quantile(lag, 0.99);
    read_generators(recent, load, mark, start_ns);
    set_mark(oldest, load, now_ns, n);
    if (++recent->n_updates % recent->span == 0)
        push_second(recent);
}
