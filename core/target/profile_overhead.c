#include "target/profile_overhead.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/client.h"
#include "record/profile_kind.h"
#include "target/pprof_request.h"

#define TARGET_PERIOD_MS 10
#define COLUMN_P99 4 /* index of p(99) in window_columns */

const struct profile_overhead_times profile_overhead_times = {
    .warm_up = 1000,
    .settle = 200,
    .measure = 760,
    .profile_seconds = 1,
};

struct pair {
    struct window on, off;
};

struct profile_overhead {
    const char *url;
    const struct profile_overhead_env *env;
    const struct profile_overhead_times *times;
    struct network network;
    struct client client;
    struct pprof_request request;
    uv_timer_t timer;
    struct pair *pairs;
    unsigned n_pairs;
    unsigned n_windows; /* windows that have ended */
    struct window_mark mark;
    struct window window; /* the window that was measured last */
    bool waits;  /* the window is measured, the profile's reply is awaited */
    bool spoilt; /* the reply came before the end of the window */
    bool ended, closed;
    char failure[512];
};

static void begin_overhead_window(struct profile_overhead *o);

struct profile_overhead *profile_overhead_new(
    uv_loop_t *loop, const char *url, const struct profile_overhead_env *env,
    const struct profile_overhead_times *times, struct err *err)
{
    struct profile_overhead *o = calloc(1, sizeof *o);
    if (o)
        o->pairs = calloc(PROFILE_OVERHEAD_PAIRS_MAX, sizeof *o->pairs);
    if (!o || !o->pairs) {
        free(o);
        err_set(err, "out of memory");
        return NULL;
    }
    o->url = url;
    o->env = env;
    o->times = times;
    network_init(&o->network, loop);
    o->network.skip_verify = env->skip_verify;
    client_init(&o->client, &o->network);
    pprof_request_init(&o->request);
    uv_timer_init(loop, &o->timer);
    o->timer.data = o;
    return o;
}

void profile_overhead_close(struct profile_overhead *o)
{
    if (!o || o->closed)
        return;
    o->closed = true;
    client_close(&o->client);
    uv_close((uv_handle_t *)&o->timer, NULL);
    network_close(&o->network);
}

void profile_overhead_free(struct profile_overhead *o)
{
    if (!o)
        return;
    network_fini(&o->network);
    pprof_request_fini(&o->request);
    window_mark_fini(&o->mark);
    free(o->pairs);
    free(o);
}

/* --- windows, one after another ----------------------------------------- */

void profile_overhead_load_ended(struct profile_overhead *o)
{
    o->ended = true;
    uv_timer_stop(&o->timer);
    client_close(&o->client); /* an idle connection would keep the loop alive */
}

static void stop_overhead(struct profile_overhead *o, const char *why)
{
    snprintf(o->failure, sizeof o->failure, "%s", why);
    profile_overhead_load_ended(o);
}

/* Returns true if the current window has a profile. The order of a pair
 * alternates: on, off; off, on; on, off; ... */
static bool is_on(const struct profile_overhead *o)
{
    return (o->n_windows % 2 == 0) == (o->n_windows / 2 % 2 == 0);
}

static void end_overhead_window(struct profile_overhead *o)
{
    struct pair *pair = &o->pairs[o->n_pairs];
    bool second = o->n_windows % 2 == 1;
    if (is_on(o))
        pair->on = o->window;
    else
        pair->off = o->window;
    o->n_windows++;
    if (second && !o->spoilt)
        o->n_pairs++;
    if (second)
        o->spoilt = false;
    if (o->n_pairs < PROFILE_OVERHEAD_PAIRS_MAX)
        begin_overhead_window(o);
    else
        profile_overhead_load_ended(o);
}

static void on_measured(uv_timer_t *timer)
{
    struct profile_overhead *o = timer->data;
    struct window_counts counts;
    o->env->snapshot(o->env->ctx, &counts);
    if (!window_take(&o->mark, &counts, &o->window)) {
        stop_overhead(o, "out of memory");
        return;
    }
    if (is_on(o) && o->request.transfer.connection)
        o->waits = true;
    else
        end_overhead_window(o);
}

static void on_settled(uv_timer_t *timer)
{
    struct profile_overhead *o = timer->data;
    struct window_counts counts;
    o->env->snapshot(o->env->ctx, &counts);
    if (window_open(&o->mark, &counts))
        uv_timer_start(timer, on_measured, o->times->measure, 0);
    else
        stop_overhead(o, "out of memory");
}

static void on_overhead_reply(struct transfer *transfer)
{
    struct profile_overhead *o = transfer->ctx;
    char why[sizeof o->failure];
    if (pprof_request_failed(transfer, why, sizeof why)) {
        stop_overhead(o, why);
        return;
    }
    if (!o->waits) { /* the profile ended before the window */
        o->spoilt = true;
        return;
    }
    o->waits = false;
    end_overhead_window(o);
}

static void begin_overhead_window(struct profile_overhead *o)
{
    struct err err = {""};
    const char *base = *o->url ? o->url : o->env->target(o->env->ctx);
    uv_update_time(o->timer.loop);
    uv_timer_start(&o->timer, on_settled, o->times->settle, 0);
    if (!is_on(o))
        return;
    o->request.transfer.done = on_overhead_reply;
    o->request.transfer.ctx = o;
    if (!pprof_request_send(&o->request, &o->client, base,
                            profile_kind_cpu.endpoint,
                            o->times->profile_seconds, &err))
        stop_overhead(o, err.message);
}

static void on_warm(uv_timer_t *timer)
{
    struct profile_overhead *o = timer->data;
    if (*o->url || o->env->target(o->env->ctx))
        begin_overhead_window(o);
    else
        uv_timer_start(timer, on_warm, TARGET_PERIOD_MS, 0);
}

void profile_overhead_start(struct profile_overhead *o)
{
    uv_update_time(o->timer.loop);
    uv_timer_start(&o->timer, on_warm, o->times->warm_up, 0);
}

/* --- results ------------------------------------------------------------ */

static double rate_of(const struct window *window)
{
    return window->seconds > 0 ? (double)window->n_requests / window->seconds
                               : 0;
}

static double p99_of(const struct window *window)
{
    return window->columns[COLUMN_P99];
}

static double rate_on(const struct pair *pair) { return rate_of(&pair->on); }
static double rate_off(const struct pair *pair) { return rate_of(&pair->off); }
static double p99_on(const struct pair *pair) { return p99_of(&pair->on); }
static double p99_off(const struct pair *pair) { return p99_of(&pair->off); }

static double rate_change(const struct pair *pair)
{
    double off = rate_of(&pair->off);
    return off > 0 ? 100 * (rate_of(&pair->on) / off - 1) : 0;
}

static double p99_change(const struct pair *pair)
{
    return p99_of(&pair->on) - p99_of(&pair->off);
}

static double window_seconds(const struct pair *pair)
{
    return (pair->on.seconds + pair->off.seconds) / 2;
}

/* Returns the interval of `value` over all pairs. `values` has room for one
 * number per pair. */
static struct interval over_pairs(const struct profile_overhead *o,
                                  double (*value)(const struct pair *pair),
                                  double *values)
{
    for (unsigned i = 0; i < o->n_pairs; i++)
        values[i] = value(&o->pairs[i]);
    return interval_of_median(values, o->n_pairs, PROFILE_OVERHEAD_CONFIDENCE);
}

bool profile_overhead_result(const struct profile_overhead *o,
                             struct profile_overhead_result *result)
{
    double *values = calloc(o->n_pairs + 1, sizeof *values);
    if (!values)
        return false;
    *result = (struct profile_overhead_result){
        .failure = *o->failure ? o->failure : NULL,
        .n_pairs = o->n_pairs,
        .window_seconds = over_pairs(o, window_seconds, values).value,
        .rate_on = over_pairs(o, rate_on, values).value,
        .rate_off = over_pairs(o, rate_off, values).value,
        .p99_on = over_pairs(o, p99_on, values).value,
        .p99_off = over_pairs(o, p99_off, values).value,
        .rate_percent = over_pairs(o, rate_change, values),
        .p99_ms = over_pairs(o, p99_change, values),
    };
    free(values);
    return true;
}
