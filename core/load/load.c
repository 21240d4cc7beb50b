#include "load/load.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/signals.h"
#include "base/terminal.h"
#include "target/profile_thresholds.h"
#include "load/vu.h"
#include "load/vu_script.h"

#define COLLECT_MS 100
/* Lets all threads start before the phase begins. */
#define START_DELAY_NS 5000000

/* --- the main thread's loop during a test -------------------------------- */

/* Accounts for a generator that has ended its phase before the others: its
 * status goes on as of now, and the time counts as idle. Called with
 * load->lock. */
static void wait_for_others(struct load *load, struct generator *generator)
{
    struct generator_status *status = &generator->status;
    int64_t now_ns = clock_mono_ns(), from_ns = status->as_of_ns;
    if (from_ns < load->results.start_ns)
        from_ns = load->results.start_ns;
    if (!status->ended || load->results.end_ns != 0 || now_ns <= from_ns)
        return;
    series_pass(&load->series, from_ns, now_ns);
    status->idle_ns += now_ns - from_ns;
    status->as_of_ns = now_ns;
}

/* Looks for a generator that a function without waits keeps busy. */
static void check_overruns(struct load *load)
{
    for (unsigned i = 0; i < load->n_started; i++) {
        struct generator_status status;
        load_read_generator(load, i, &status);
        if (!status.ended)
            overrun_check(load->generators[i], status.as_of_ns);
    }
}

/* Takes what the generators have handed over. */
static void collect_results(struct load *load)
{
    pthread_mutex_lock(&load->lock);
    results_merge(&load->results, &load->recent);
    for (unsigned i = 0; i < load->n_generators; i++)
        wait_for_others(load, load->generators[i]);
    pthread_mutex_unlock(&load->lock);
}

void load_read_status(struct load *load, unsigned scenario,
                      struct scenario_status *status)
{
    *status = (struct scenario_status){0};
    pthread_mutex_lock(&load->lock);
    for (unsigned i = 0; i < load->n_generators; i++) {
        const struct scenario_status *part =
            &load->generators[i]->status.scenarios[scenario];
        status->n_vus += part->n_vus;
        status->n_active += part->n_active;
        status->n_begun += part->n_begun;
        status->n_late += part->n_late;
        status->n_dropped += part->n_dropped;
    }
    pthread_mutex_unlock(&load->lock);
}

void load_read_generator(struct load *load, unsigned generator,
                         struct generator_status *status)
{
    pthread_mutex_lock(&load->lock);
    *status = load->generators[generator]->status;
    pthread_mutex_unlock(&load->lock);
    status->scenarios = NULL;
}

static void on_collect(uv_timer_t *timer)
{
    struct load *load = timer->data;
    struct scenario_status all = {0};
    collect_results(load);
    check_overruns(load);
    for (unsigned i = 0; i < load->config->n_scenarios; i++) {
        struct scenario_status status;
        load_read_status(load, i, &status);
        all.n_active += status.n_active;
        all.n_late += status.n_late;
    }
    pthread_mutex_lock(&load->lock);
    series_look(&load->series, clock_mono_ns(), all.n_active, all.n_late);
    pthread_mutex_unlock(&load->lock);
    if (load->listener.tick)
        load->listener.tick(load->listener.ctx);
}

static void measure_effort(struct load *load)
{
    double run_ns = (double)(load->results.end_ns - load->results.start_ns);
    load->cpu_ns = 0;
    load->least_idle = 1;
    for (unsigned i = 0; i < load->n_generators; i++) {
        struct generator_status status;
        load_read_generator(load, i, &status);
        double idle = (double)status.idle_ns / run_ns;
        load->cpu_ns += status.cpu_ns;
        if (idle < load->least_idle)
            load->least_idle = idle;
    }
}

/* A generator's counts are as of its last flush. If all generators are equally
 * fast, their sum is as of the mean of these times. */
void load_snapshot(struct load *load, struct window_counts *counts)
{
    struct metric *const *all = load->results.metrics.all;
    int64_t sum_ns = 0;
    pthread_mutex_lock(&load->lock);
    results_merge(&load->results, &load->recent);
    for (unsigned i = 0; i < load->n_generators; i++) {
        int64_t as_of_ns = load->generators[i]->status.as_of_ns;
        if (as_of_ns > load->results.start_ns)
            sum_ns += as_of_ns - load->results.start_ns;
    }
    pthread_mutex_unlock(&load->lock);
    *counts = (struct window_counts){
        .now_ns = load->results.start_ns + sum_ns / load->n_generators,
        .n_requests = all[METRIC_HTTP_REQS]->count,
        .n_failed = (uint64_t)all[METRIC_HTTP_REQ_FAILED]->sum,
        .duration = &all[METRIC_HTTP_REQ_DURATION]->values,
    };
}

static void record_vus(struct load *load, double n_active)
{
    struct metrics *metrics = &load->results.metrics;
    struct tags tags = {.common = &load->config->tags};
    metrics_add(metrics, METRIC_VUS, n_active, &tags);
    metrics_add(metrics, METRIC_VUS_MAX, load->n_vus, &tags);
}

/* Once a second: the gauge `vus`, as in k6; the windows of the target's
 * profiles; the thresholds. */
static void on_second(uv_timer_t *timer)
{
    struct load *load = timer->data;
    double n_active = 0;
    for (unsigned i = 0; i < load->config->n_scenarios; i++) {
        struct scenario_status status;
        load_read_status(load, i, &status);
        n_active += status.n_active;
    }
    record_vus(load, n_active);
    struct window_counts counts;
    load_snapshot(load, &counts);
    window_series_tick(&load->windows, &counts);
    if (thresholds_evaluate(&load->config->thresholds, &load->results,
                            clock_mono_ns()) &&
        load->stopped == LOAD_NOT_STOPPED)
        load_stop(load, LOAD_STOPPED_BY_THRESHOLD, 0);
    metrics_flush(&load->results.metrics, false);
}

static void on_observe(uv_timer_t *timer)
{
    struct load *load = timer->data;
    load->observer.tick(load->observer.ctx, load);
}

void load_observe(struct load *load, const struct load_observer *observer)
{
    load->observer = *observer;
}

void load_stop(struct load *load, enum load_stop why, int64_t grace_ns)
{
    if (load->stopped == LOAD_NOT_STOPPED)
        load->stopped = why;
    for (unsigned i = 0; i < load->n_generators; i++)
        generator_stop(load->generators[i], grace_ns);
    if (why == LOAD_STOPPED_BY_SIGNAL)
        target_profiles_stop(&load->profiles);
}

/* The second signal ends the program at once, because a script may be in an
 * endless loop. */
static void stop_on_signal(uv_signal_t *handle, int number)
{
    struct load *load = handle->data;
    (void)number;
    if (load->signalled || load->stopped == LOAD_STOPPED_BY_SIGNAL) {
        terminal_release();
        _exit(LOAD_EXIT_SIGNAL);
    }
    load->signalled = true;
    load_stop(load, LOAD_STOPPED_BY_SIGNAL, -1);
}

static void on_aborted(uv_async_t *async)
{
    load_stop(async->data, LOAD_STOPPED_BY_SCRIPT, 0);
}

void load_abort(struct load *load) { uv_async_send(&load->aborted); }

static void on_generator_ended(uv_async_t *async)
{
    struct load *load = async->data;
    if (load->n_running == 0)
        uv_stop(&load->loop);
}

void load_on_ended(struct load *load)
{
    load->n_running--;
    uv_async_send(&load->ended);
}

/* --- making a test ------------------------------------------------------- */

static void open_load_handles(struct load *load)
{
    uv_loop_t *loop = &load->loop;
    uv_timer_init(loop, &load->collecting);
    uv_timer_init(loop, &load->second);
    uv_timer_init(loop, &load->observing);
    uv_signal_init(loop, &load->on_int);
    uv_signal_init(loop, &load->on_term);
    uv_async_init(loop, &load->ended, on_generator_ended);
    uv_async_init(loop, &load->aborted, on_aborted);
    load->collecting.data = load->second.data = load->observing.data =
        load->on_int.data = load->on_term.data = load->ended.data =
            load->aborted.data = load;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

struct load *load_new(struct config *config, struct err *err)
{
    struct load *load = calloc(1, sizeof *load);
    if (!load || uv_loop_init(&load->loop) < 0) {
        free(load);
        err_set(err, "out of memory");
        return NULL;
    }
    load->config = config;
    pthread_mutex_init(&load->lock, NULL);
    open_load_handles(load);
    bool ok = results_init(&load->results);
    if (results_init(&load->recent) && ok)
        return load;
    err_set(err, "out of memory");
    load_free(load);
    return NULL;
}

void load_free(struct load *load)
{
    for (unsigned i = 0; i < load->n_generators; i++)
        generator_free(load->generators[i]);
    target_profiles_close(&load->profiles);
    uv_walk(&load->loop, close_handle, NULL);
    uv_run(&load->loop, UV_RUN_DEFAULT);
    uv_loop_close(&load->loop);
    target_profiles_fini(&load->profiles);
    window_series_fini(&load->windows);
    series_fini(&load->series);
    results_fini(&load->recent);
    results_fini(&load->results);
    pthread_mutex_destroy(&load->lock);
    free(load);
}

static struct generator *add_generator(struct load *load, struct err *err)
{
    struct generator *generator = generator_new(load, load->n_generators, err);
    if (generator)
        load->generators[load->n_generators++] = generator;
    return generator;
}

void load_open_url(struct load *load, const char *url) { load->url = url; }

int load_open_script(struct load *load, const char *path,
                     const char *const *env, struct err *err)
{
    load->script = path;
    load->env = env;
    struct generator *first = add_generator(load, err);
    if (!first)
        return LOAD_EXIT_CONFIG;
    int code = vu_script_load(first, err);
    return code ? code : vu_script_read_options(first, load->config, err);
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Generator 0 may have loaded the script already, to read its options. */
static int make_generators(struct load *load, unsigned n, struct err *err)
{
    while (load->n_generators < n) {
        struct generator *generator = add_generator(load, err);
        if (!generator)
            return LOAD_EXIT_CONFIG;
        int code = load->url ? 0 : vu_script_load(generator, err);
        if (code != 0)
            return code;
    }
    return 0;
}

static bool attach_listener(struct load *load)
{
    const struct load_listener *listener = &load->listener;
    if (!listener->attach)
        return true;
    bool ok = listener->attach(listener->ctx, &load->results);
    for (unsigned i = 0; ok && i < load->n_generators; i++)
        ok = listener->attach(listener->ctx, &load->generators[i]->results);
    return ok;
}

void load_listen(struct load *load, const struct load_listener *listener)
{
    load->listener = *listener;
}

/* Registers the thresholds' sub-metrics and the listener with all results. The
 * virtual users are open, so the script has defined its metrics. */
static int prepare_metrics(struct load *load, struct err *err)
{
    const struct thresholds *thresholds = &load->config->thresholds;
    bool ok = true;
    for (unsigned i = 0; ok && i < load->n_generators; i++) {
        struct results *results = &load->generators[i]->results;
        ok = metrics_watch(&results->metrics, thresholds->selectors,
                           thresholds->n) &&
             results_merge(&load->recent, results);
    }
    if (!ok || !results_merge(&load->results, &load->recent)) {
        err_set(err, "out of memory for metrics");
        return LOAD_EXIT_CONFIG;
    }
    if (!thresholds_check(thresholds, &load->results.metrics,
                          profile_thresholds_check, err))
        return LOAD_EXIT_CONFIG;
    if (attach_listener(load))
        return 0;
    err_set(err, "out of memory for the outputs of metrics");
    return LOAD_EXIT_CONFIG;
}

int load_prepare(struct load *load, struct err *err)
{
    const struct config *config = load->config;
    raise_file_limit(); /* each virtual user has a connection */
    for (unsigned i = 0; i < config->n_scenarios; i++)
        load->n_vus += (uint32_t)config->scenarios[i].vus;
    unsigned n = (unsigned)config->threads;
    int code = make_generators(load, n < load->n_vus ? n : load->n_vus, err);
    if (code == 0 && !load->url &&
        !vu_script_check(load->generators[0], config, err))
        code = LOAD_EXIT_CONFIG;
    for (unsigned i = 0; i < load->n_generators && code == 0; i++)
        code = generator_open(load->generators[i], err);
    window_series_init(&load->windows, config_run_ns(config));
    if (code == 0 && !target_profiles_open(&load->profiles, load, err))
        code = LOAD_EXIT_CONFIG;
    return code ? code : prepare_metrics(load, err);
}

/* --- running a test ------------------------------------------------------ */

/* Runs a phase on the first `n` generators and waits for its end. `hook` is
 * NULL for the scenarios. Returns false and sets err if not all threads could
 * be started. */
static bool run_on_generators(struct load *load, unsigned n, struct hook *hook,
                              struct err *err)
{
    int64_t start_ns = clock_mono_ns() + START_DELAY_NS;
    if (!hook) {
        load->results.start_ns = start_ns;
        if (!series_begin(&load->series, start_ns, n))
            return err_set(err, "out of memory");
    }
    load->n_started = 0;
    load->n_running = n;
    while (
        load->n_started < n &&
        generator_start(load->generators[load->n_started], hook, start_ns, err))
        load->n_started++;
    unsigned n_started = load->n_started;
    if (n_started < n) {
        load->n_running -= n - n_started;
        load_stop(load, LOAD_STOPPED_BY_SIGNAL, 0);
    }
    if (n_started == 0)
        return false;
    uv_run(&load->loop, UV_RUN_DEFAULT);
    for (unsigned i = 0; i < n_started; i++)
        generator_join(load->generators[i]);
    load->n_started = 0;
    collect_results(load);
    return n_started == n;
}

/* Runs setup or teardown. Returns 0, or the exit code and sets err. */
static int run_hook(struct load *load, struct hook *hook, int timeout_code,
                    struct err *err)
{
    if (!hook->open)
        return 0;
    if (!run_on_generators(load, 1, hook, err))
        return LOAD_EXIT_CONFIG;
    switch (hook->end) {
    case HOOK_RETURNED:
        return 0;
    case HOOK_FAILED:
        *err = hook->err;
        err_prefix(err, "%s failed: ", hook->scenario.name);
        return LOAD_EXIT_SCRIPT;
    case HOOK_INTERRUPTED:
        break;
    }
    if (load->stopped)
        return 0;
    err_set(err, "%s has not returned within %.3g s", hook->scenario.name,
            (double)hook->scenario.duration_ns / 1e9);
    return timeout_code;
}

/* Gives the value that setup returned to all generators. */
static bool hand_out_data(struct load *load, struct err *err)
{
    const struct hook *setup = &load->generators[0]->setup;
    for (unsigned i = 0; setup->open && i < load->n_generators; i++)
        if (!vu_script_take_data(load->generators[i], &setup->result, err))
            return false;
    return true;
}

static int run_scenarios(struct load *load, struct err *err)
{
    load->phase = LOAD_SCENARIOS;
    uv_timer_start(&load->second, on_second, COLLECT_MS + 50, 1000);
    target_profiles_start(&load->profiles);
    bool ok = run_on_generators(load, load->n_generators, NULL, err);
    series_end(&load->series);
    load->results.end_ns = clock_mono_ns();
    measure_effort(load);
    target_profiles_await(&load->profiles);
    uv_timer_stop(&load->second);
    load->phase = LOAD_TEARDOWN;
    if (!load->results.metrics.all[METRIC_VUS]->used)
        /* the test was shorter than one period of the gauge */
        record_vus(load, load->n_vus);
    return ok ? 0 : LOAD_EXIT_CONFIG;
}

static int run_all(struct load *load, struct err *err)
{
    struct generator *first = load->generators[0];
    int code = run_hook(load, &first->setup, LOAD_EXIT_SETUP_TIMEOUT, err);
    if (code == 0 && first->setup.open && first->setup.end == HOOK_INTERRUPTED)
        return 0; /* stopped during setup: there is no data for the scenarios */
    if (code == 0 && !hand_out_data(load, err))
        code = LOAD_EXIT_SCRIPT;
    if (code != 0)
        return code;
    if (!load->stopped)
        code = run_scenarios(load, err);
    if (code != 0)
        return code;
    return run_hook(load, &first->teardown, LOAD_EXIT_TEARDOWN_TIMEOUT, err);
}

int load_run(struct load *load, struct err *err)
{
    load->results.start_ns = clock_mono_ns();
    overrun_init();
    signals_start(&load->on_int, stop_on_signal, SIGINT);
    signals_start(&load->on_term, stop_on_signal, SIGTERM);
    uv_timer_start(&load->collecting, on_collect, COLLECT_MS, COLLECT_MS);
    if (load->observer.tick)
        uv_timer_start(&load->observing, on_observe, load->observer.period_ms,
                       load->observer.period_ms);
    int code = run_all(load, err);
    if (load->results.end_ns == 0)
        load->results.end_ns = clock_mono_ns();
    uv_signal_stop(&load->on_int);
    uv_signal_stop(&load->on_term);
    uv_timer_stop(&load->collecting);
    uv_timer_stop(&load->observing);
    metrics_flush(&load->results.metrics, true);
    thresholds_evaluate(&load->config->thresholds, &load->results,
                        load->results.end_ns);
    if (load->profiles.capture)
        thresholds_evaluate_profiles(&load->config->thresholds,
                                     profile_thresholds_measure,
                                     load->profiles.capture);
    if (code == 0 && load->stopped == LOAD_STOPPED_BY_SIGNAL)
        code = LOAD_EXIT_SIGNAL;
    if (code == 0 && load->stopped == LOAD_STOPPED_BY_SCRIPT)
        code = LOAD_EXIT_ABORTED;
    if (code == 0 &&
        (load->stopped == LOAD_STOPPED_BY_THRESHOLD ||
         thresholds_count_failed(&load->config->thresholds) > 0))
        code = LOAD_EXIT_THRESHOLDS;
    return code;
}
