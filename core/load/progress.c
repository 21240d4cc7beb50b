#include "load/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define TERMINAL_PERIOD_MS 500
#define PLAIN_PERIOD_MS 5000

static void tick(void *ctx, struct load *load)
{
    struct progress *progress = ctx;
    struct metric *const *all = load->results.metrics.all;
    const struct metric *failed = all[METRIC_HTTP_REQ_FAILED];
    const struct histogram *took = &all[METRIC_HTTP_REQ_DURATION]->values;
    const struct profile_capture *capture = load->profiles.capture;
    char profiles[256] = "";
    int64_t now_ns = clock_mono_ns();
    uint64_t n = all[METRIC_HTTP_REQS]->count;
    double rate = (double)(n - progress->n_requests) * 1e9 /
                  (double)(now_ns - progress->last_ns);
    progress->n_requests = n;
    progress->last_ns = now_ns;
    if (capture)
        profile_capture_describe(capture, profiles, sizeof profiles);
    fprintf(stderr,
            "%srunning (%.1fs), %u/%u VUs, %.0f iterations, %.0f req/s, "
            "p50 %.2fms, p99 %.2fms, failed %.0f%s%s%s",
            progress->terminal ? "\r\033[K" : "",
            (double)(now_ns - load->results.start_ns) / 1e9,
            (unsigned)all[METRIC_VUS]->last, load->n_vus,
            all[METRIC_ITERATIONS]->sum, rate, histogram_quantile(took, 0.5),
            histogram_quantile(took, 0.99), failed->sum, *profiles ? ", " : "",
            profiles, progress->terminal ? "" : "\n");
    fflush(stderr);
}

void progress_attach(struct progress *progress, struct load *load)
{
    *progress = (struct progress){
        .terminal = isatty(STDERR_FILENO),
        .last_ns = clock_mono_ns(),
    };
    struct load_observer observer = {
        .period_ms = progress->terminal ? TERMINAL_PERIOD_MS : PLAIN_PERIOD_MS,
        .tick = tick,
        .ctx = progress,
    };
    load_observe(load, &observer);
}

void progress_end(struct progress *progress)
{
    if (progress->terminal)
        fputs("\r\033[K", stderr);
}
