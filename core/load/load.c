#include "load/load.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/scenario.h"
#include "load/vu.h"
#include "load/vu_script.h"
#include "script/state.h"

/* What the signal handler may touch. */
static uv_async_t *volatile stop_target;
static volatile sig_atomic_t n_signals;

/* [signal] The first asks the loop to stop. The second does not ask: a script
 * may be in an endless loop. */
static void on_signal(int number)
{
    (void)number;
    if (n_signals++ > 0)
        _exit(LOAD_EXIT_SIGNAL);
    uv_async_t *target = stop_target;
    if (target)
        uv_async_send(target);
}

static void on_stop(uv_async_t *async)
{
    struct load *load = async->data;
    load->interrupted = true;
    for (unsigned i = 0; i < load->n_runs; i++)
        scenario_stop(&load->runs[i]);
}

static void on_idle(uv_idle_t *idle)
{
    struct load *load = idle->data;
    struct vu *vu = load->ready;
    load->ready = NULL;
    uv_idle_stop(idle);
    while (vu) {
        struct vu *next = vu->next_ready;
        vu_advance(vu);
        vu = next;
    }
}

void load_make_ready(struct load *load, struct vu *vu)
{
    vu->next_ready = load->ready;
    load->ready = vu;
    uv_idle_start(&load->idle, on_idle);
}

uint32_t load_n_active(const struct load *load)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < load->n_runs; i++) {
        const struct scenario_run *run = &load->runs[i];
        if (run->started)
            n += run->ending ? run->n_busy : (uint32_t)run->scenario->vus;
    }
    return n;
}

/* k6 samples this gauge once a second, too. */
static void on_second(uv_timer_t *timer)
{
    struct load *load = timer->data;
    metrics_add(&load->results.metrics, METRIC_VUS, load_n_active(load));
    metrics_add(&load->results.metrics, METRIC_VUS_MAX, load->n_vus);
}

static void on_observe(uv_timer_t *timer)
{
    struct load *load = timer->data;
    load->observer.tick(load->observer.ctx, load);
}

void load_check_end(struct load *load)
{
    for (unsigned i = 0; i < load->n_runs; i++)
        if (!scenario_is_over(&load->runs[i]))
            return;
    uv_stop(&load->loop);
}

static void open_handles(struct load *load)
{
    uv_loop_t *loop = &load->loop;
    uv_idle_init(loop, &load->idle);
    uv_timer_init(loop, &load->second);
    uv_timer_init(loop, &load->observing);
    uv_async_init(loop, &load->stop, on_stop);
    load->idle.data = load->second.data = load->observing.data =
        load->stop.data = load;
    network_init(&load->network, loop);
}

static void close_handles(struct load *load)
{
    uv_close((uv_handle_t *)&load->idle, NULL);
    uv_close((uv_handle_t *)&load->second, NULL);
    uv_close((uv_handle_t *)&load->observing, NULL);
    uv_close((uv_handle_t *)&load->stop, NULL);
    network_close(&load->network);
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
    open_handles(load);
    if (results_init(&load->results))
        return load;
    err_set(err, "out of memory");
    load_free(load);
    return NULL;
}

void load_free(struct load *load)
{
    for (uint32_t i = 0; i < load->n_vus; i++) {
        load->behaviour->close(&load->vus[i]);
        vu_close(&load->vus[i]);
    }
    for (unsigned i = 0; i < load->n_runs; i++)
        uv_close((uv_handle_t *)&load->runs[i].timer, NULL);
    close_handles(load);
    uv_run(&load->loop, UV_RUN_DEFAULT);
    uv_loop_close(&load->loop);
    network_fini(&load->network);
    for (uint32_t i = 0; i < load->n_vus; i++)
        vu_fini(&load->vus[i]);
    free(load->vus);
    free(load->runs);
    if (load->L)
        script_state_free(load->L);
    results_fini(&load->results);
    free(load);
}

void load_open_url(struct load *load, const char *url)
{
    load->url = url;
    load->behaviour = &vu_url;
}

int load_open_script(struct load *load, const char *path,
                     const char *const *env, struct err *err)
{
    load->behaviour = &vu_script;
    return vu_script_load(load, path, env, err);
}

static uint32_t count_vus(const struct config *config)
{
    int64_t n = 0;
    for (unsigned i = 0; i < config->n_scenarios; i++)
        n += config->scenarios[i].vus;
    return (uint32_t)n;
}

int load_prepare(struct load *load, struct err *err)
{
    const struct config *config = load->config;
    uint32_t n_vus = count_vus(config);
    if (!load->url && !vu_script_check(load, err))
        return LOAD_EXIT_CONFIG;
    load->runs = calloc(config->n_scenarios, sizeof *load->runs);
    load->vus = calloc(n_vus, sizeof *load->vus);
    if (!load->runs || !load->vus) {
        err_set(err, "out of memory for %u virtual users", n_vus);
        return LOAD_EXIT_CONFIG;
    }
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        struct scenario_run *run = &load->runs[i];
        run->scenario = &config->scenarios[i];
        run->load = load;
        run->vus = load->vus + load->n_vus;
        uv_timer_init(&load->loop, &run->timer);
        run->timer.data = run;
        load->n_runs++;
        for (int64_t k = 0; k < run->scenario->vus; k++)
            vu_init(&run->vus[k], load, run, ++load->n_vus);
    }
    for (uint32_t i = 0; i < n_vus; i++)
        if (!load->behaviour->open(&load->vus[i], err))
            return load->url ? LOAD_EXIT_CONFIG : LOAD_EXIT_SCRIPT;
    return 0;
}

void load_observe(struct load *load, const struct load_observer *observer)
{
    load->observer = *observer;
}

static void catch_signals(struct load *load)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    n_signals = 0;
    stop_target = &load->stop;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void release_signals(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    stop_target = NULL;
}

/* Each virtual user has a connection. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void load_run(struct load *load)
{
    raise_file_limit();
    catch_signals(load);
    uv_update_time(&load->loop);
    load->results.start_ns = clock_mono_ns();
    if (load->observer.tick)
        uv_timer_start(&load->observing, on_observe, load->observer.period_ms,
                       load->observer.period_ms);
    for (unsigned i = 0; i < load->n_runs; i++)
        scenario_arm(&load->runs[i]);
    uv_timer_start(&load->second, on_second, 0, 1000);
    uv_run(&load->loop, UV_RUN_DEFAULT);
    load->results.end_ns = clock_mono_ns();
    load->ready = NULL;
    release_signals();
}
