#include "serve/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/utf8.h"
#include "serve/reloader.h"
#include "handler/traffic.h"
#include "serve/worker.h"
#include "sample/session/totals.h"

static void put_head(struct buf *out, const char *name, const char *type,
                     const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Prints 15 digits, with which a decimal fraction reads as it was written; with
 * 17 digits 0.1 would be 0.10000000000000001. They suffice for nanoseconds of
 * eleven days. */
static void put_one(struct buf *out, const char *name, const char *type,
                    const char *help, double value)
{
    put_head(out, name, type, help);
    buf_printf(out, "%s %.15g\n", name, value);
}

static double in_seconds(int64_t ns) { return (double)ns / 1e9; }

static uint64_t read_counter(const traffic_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Puts the first character of `text`, which is not empty, escaped. Returns its
 * number of bytes. */
static size_t put_label_char(struct buf *out, const char *text)
{
    unsigned char c = (unsigned char)*text;
    size_t n =
        c < 0x80 ? 1 : utf8_length((const unsigned char *)text, strlen(text));
    if (n == 0)
        buf_printf(out, "%%%02X", c);
    else if (c == '\n')
        buf_puts(out, "\\n");
    else if (c == '\\' || c == '"')
        buf_printf(out, "\\%c", c);
    else
        buf_append(out, text, n);
    return n ? n : 1;
}

/* Puts a label's value: escapes backslashes, quotes and line ends, and writes
 * bytes that are not UTF-8 as %XX, because Prometheus refuses the whole text
 * for one such byte. */
static void put_label_value(struct buf *out, const char *text)
{
    while (*text)
        text += put_label_char(out, text);
}

static void put_route(struct buf *out, const char *name, const char *route)
{
    buf_printf(out, "%s{route=\"", name);
    put_label_value(out, route);
    buf_putc(out, '"');
}

/* One route's counters, summed over all workers. */
struct route_sum {
    const char *route;
    uint64_t statuses[TRAFFIC_N_STATUSES];
    uint64_t buckets[TRAFFIC_N_BOUNDS + 1];
    uint64_t sum_ns;
};

struct route_sums {
    struct route_sum *list;
    size_t n;
};

static struct route_sum *find_sum(struct route_sums *sums, const char *route)
{
    for (size_t i = 0; i < sums->n; i++)
        if (strcmp(sums->list[i].route, route) == 0)
            return &sums->list[i];
    struct route_sum *grown =
        realloc(sums->list, (sums->n + 1) * sizeof *sums->list);
    if (!grown)
        return NULL;
    sums->list = grown;
    struct route_sum *sum = &grown[sums->n++];
    memset(sum, 0, sizeof *sum);
    sum->route = route;
    return sum;
}

static void add_traffic(struct route_sums *sums, const struct traffic *traffic)
{
    for (const struct route_traffic *r = traffic_first(traffic); r;
         r = r->next) {
        struct route_sum *sum = find_sum(sums, r->route);
        if (!sum)
            return;
        for (int i = 0; i < TRAFFIC_N_STATUSES; i++)
            sum->statuses[i] += read_counter(&r->statuses[i]);
        for (int i = 0; i <= TRAFFIC_N_BOUNDS; i++)
            sum->buckets[i] += read_counter(&r->buckets[i]);
        sum->sum_ns += read_counter(&r->sum_ns);
    }
}

static int by_route(const void *a, const void *b)
{
    return strcmp(((const struct route_sum *)a)->route,
                  ((const struct route_sum *)b)->route);
}

static void put_durations(struct buf *out, const struct route_sum *sum)
{
    static const char name[] = "perilune_http_request_duration_seconds";
    uint64_t n = 0;
    for (int i = 0; i <= TRAFFIC_N_BOUNDS; i++) {
        n += sum->buckets[i];
        put_route(out, "perilune_http_request_duration_seconds_bucket",
                  sum->route);
        if (i < TRAFFIC_N_BOUNDS)
            buf_printf(out, ",le=\"%g\"} %" PRIu64 "\n",
                       in_seconds(traffic_bounds_ns[i]), n);
        else
            buf_printf(out, ",le=\"+Inf\"} %" PRIu64 "\n", n);
    }
    char line[sizeof name + 8];
    snprintf(line, sizeof line, "%s_sum", name);
    put_route(out, line, sum->route);
    buf_printf(out, "} %.15g\n", in_seconds((int64_t)sum->sum_ns));
    snprintf(line, sizeof line, "%s_count", name);
    put_route(out, line, sum->route);
    buf_printf(out, "} %" PRIu64 "\n", n);
}

static void put_requests(struct buf *out, const struct metrics_source *s)
{
    struct route_sums sums = {0};
    uint64_t n_started = 0, n_ended = 0;
    for (int i = 0; i < s->n_workers; i++) {
        const struct traffic *traffic = worker_traffic(s->workers[i]);
        add_traffic(&sums, traffic);
        /* First, so that no more requests have ended than started. */
        n_ended += read_counter(&traffic->n_ended);
        n_started += read_counter(&traffic->n_started);
    }
    qsort(sums.list, sums.n, sizeof *sums.list, by_route);

    put_head(out, "perilune_http_requests_total", "counter",
             "Requests that workers have answered, by the pattern of their "
             "route (empty: none) and status; 499: the client left first.");
    for (size_t i = 0; i < sums.n; i++)
        for (unsigned j = 0; j < TRAFFIC_N_STATUSES; j++)
            if (sums.list[i].statuses[j]) {
                put_route(out, "perilune_http_requests_total",
                          sums.list[i].route);
                buf_printf(out, ",code=\"%u\"} %" PRIu64 "\n",
                           TRAFFIC_FIRST_STATUS + j, sums.list[i].statuses[j]);
            }
    put_head(out, "perilune_http_request_duration_seconds", "histogram",
             "From a request's last byte to its reply's.");
    for (size_t i = 0; i < sums.n; i++)
        put_durations(out, &sums.list[i]);
    free(sums.list);
    put_one(out, "perilune_http_requests_in_progress", "gauge",
            "Requests that workers are at.", (double)(n_started - n_ended));
    put_one(out, "perilune_http_connections", "gauge", "Open connections.",
            s->n_connections);
    put_one(out, "perilune_http_connections_max", "gauge",
            "Connections beyond this many are refused.", s->max_connections);
    put_one(out, "perilune_http_connections_taken_back_total", "counter",
            "Connections that their worker did not pick up within 20 ms, given "
            "to the first worker that was free.",
            (double)s->n_taken_back);
}

static void put_worker(struct buf *out, const char *name, int i, double value)
{
    buf_printf(out, "%s{worker=\"%d\"} %.15g\n", name, i + 1, value);
}

static void put_workers(struct buf *out, const struct metrics_source *s)
{
    put_head(out, "perilune_worker_busy_seconds_total", "counter",
             "Time in which a worker did not wait for events.");
    for (int i = 0; i < s->n_workers; i++)
        put_worker(out, "perilune_worker_busy_seconds_total", i,
                   in_seconds(worker_busy_ns(s->workers[i])));
    put_head(out, "perilune_worker_cpu_seconds_total", "counter",
             "CPU time of a worker's thread.");
    for (int i = 0; i < s->n_workers; i++)
        put_worker(out, "perilune_worker_cpu_seconds_total", i,
                   in_seconds(worker_cpu_ns(s->workers[i])));
    put_head(out, "perilune_lua_memory_bytes", "gauge",
             "Memory that a worker's Lua states hold, garbage included.");
    for (int i = 0; i < s->n_workers; i++)
        put_worker(out, "perilune_lua_memory_bytes", i,
                   (double)reloader_memory(s->reloader, i + 1).used_bytes);
    put_head(out, "perilune_lua_allocated_bytes_total", "counter",
             "Memory that a worker's Lua states have asked for.");
    for (int i = 0; i < s->n_workers; i++)
        put_worker(out, "perilune_lua_allocated_bytes_total", i,
                   (double)reloader_memory(s->reloader, i + 1).allocated_bytes);
    put_head(out, "perilune_lua_collections_total", "counter",
             "Collections that a worker's Lua states have done.");
    for (int i = 0; i < s->n_workers; i++)
        put_worker(out, "perilune_lua_collections_total", i,
                   (double)reloader_memory(s->reloader, i + 1).n_collections);
}

static void put_reloads(struct buf *out, const struct reloader *r)
{
    put_head(out, "perilune_reloads_total", "counter",
             "Reloads of the scripts.");
    buf_printf(out,
               "perilune_reloads_total{result=\"done\"} %" PRIu64 "\n"
               "perilune_reloads_total{result=\"failed\"} %" PRIu64 "\n",
               r->n_done, r->n_failed);
}

static void put_degraded(struct buf *out, const struct sample_totals *t)
{
    static const char name[] = "perilune_cpu_samples_degraded_total";
    const struct {
        const char *cause;
        uint64_t n;
    } causes[] = {
        {"without_lua_stack", t->n_without_lua_stack},
        {"skidded", t->n_skidded},
        {"tail_called", t->n_tail_called},
        {"lua_stack_truncated", t->n_lua_truncated},
        {"native_stack_truncated", t->n_native_truncated},
    };
    put_head(out, name, "counter",
             "CPU samples that were reported, but not in full.");
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        buf_printf(out, "%s{cause=\"%s\"} %" PRIu64 "\n", name, causes[i].cause,
                   causes[i].n);
}

static void put_samples(struct buf *out)
{
    struct sample_totals t = sample_totals();
    put_one(out, "perilune_profile_sessions", "gauge",
            "CPU and wall profiles that are being taken.", t.n_sessions);
    put_one(out, "perilune_cpu_samples_taken_total", "counter",
            "CPU samples taken.", (double)t.n_taken);
    put_one(out, "perilune_cpu_samples_reported_total", "counter",
            "CPU samples given to profiles.", (double)t.n_reported);
    put_head(out, "perilune_cpu_samples_lost_total", "counter",
             "CPU samples taken and not reported.");
    buf_printf(out,
               "perilune_cpu_samples_lost_total{cause=\"ring_full\"} %" PRIu64
               "\n",
               t.n_ring_full);
    put_degraded(out, &t);
    put_one(out, "perilune_cpu_samples_deferred_total", "counter",
            "Instants at which none could be taken: the next sample has their "
            "time.",
            (double)t.n_deferred);
}

static double resident_bytes(void)
{
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%ld %ld", &total, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double n_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int n = 0;
    while (folder && readdir(folder))
        n++;
    if (folder)
        closedir(folder);
    return n > 3 ? n - 3 : 0; /* . and .. and the folder itself */
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Puts metrics of the process under the names of Prometheus' own clients. */
static void put_process(struct buf *out, const struct metrics_source *s)
{
    struct rlimit limit;
    put_one(out, "process_cpu_seconds_total", "counter",
            "CPU time of the process, user and system.", cpu_seconds());
    put_one(out, "process_resident_memory_bytes", "gauge",
            "Resident memory of the process.", resident_bytes());
    put_one(out, "process_open_fds", "gauge", "Open file descriptors.",
            n_descriptors());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        put_one(out, "process_max_fds", "gauge",
                "Most file descriptors that may be open.",
                (double)limit.rlim_cur);
    put_one(out, "process_start_time_seconds", "gauge",
            "When the process started, since 1970.", in_seconds(s->start_ns));
    put_head(out, "perilune_build_info", "gauge", "1, with what was built.");
    buf_printf(out, "perilune_build_info{version=\"%s\",lua=\"%s\"} 1\n",
               PERILUNE_VERSION, LUA_RELEASE);
}

void metrics_write(struct buf *out, const struct metrics_source *source)
{
    put_requests(out, source);
    put_workers(out, source);
    put_reloads(out, source->reloader);
    put_samples(out);
    put_process(out, source);
}
