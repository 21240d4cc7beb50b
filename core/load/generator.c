#include "load/generator.h"

#include <stdlib.h>

#include "base/clock.h"
#include "load/load.h"
#include "load/vu.h"
#include "script/state.h"

#define FLUSH_MS 100
#define NOT_ASKED INT64_MIN

/* One round: advances the virtual users that were made ready in the last
 * round. */
static void on_idle(uv_idle_t *idle)
{
    struct generator *generator = idle->data;
    struct vu *vu = generator->ready;
    generator->ready = NULL;
    uv_idle_stop(idle);
    while (vu) {
        struct vu *next = vu->next_ready;
        vu->ready = false;
        vu_advance(vu);
        vu = next;
    }
}

void generator_make_ready(struct generator *generator, struct vu *vu)
{
    vu->ready = true;
    vu->next_ready = generator->ready;
    generator->ready = vu;
    uv_idle_start(&generator->idle, on_idle);
}

void generator_check_end(struct generator *generator)
{
    for (unsigned i = 0; i < generator->n_now; i++)
        if (!scenario_is_over(&generator->now[i]))
            return;
    uv_stop(&generator->loop);
}

static void write_status(struct generator *generator)
{
    struct generator_status *status = &generator->status;
    const struct scenario *first = generator->load->config->scenarios;
    status->as_of_ns = clock_mono_ns();
    status->cpu_ns = clock_thread_ns();
    status->idle_ns = (int64_t)uv_metrics_idle_time(&generator->loop) -
                      generator->idle_before_ns;
    for (unsigned i = 0; i < generator->n_runs; i++) {
        const struct scenario_run *run = &generator->runs[i];
        scenario_read_status(run, &status->scenarios[run->scenario - first]);
    }
}

/* Hands the results over. results_merge leaves generator->results empty. */
static void flush_results(struct generator *generator, bool ended)
{
    struct load *load = generator->load;
    int64_t now_ns = clock_mono_ns(), cpu_ns = clock_thread_ns();
    pthread_mutex_lock(&load->lock);
    series_count(&load->series, generator->flushed_ns, now_ns,
                 cpu_ns - generator->flushed_cpu_ns, &generator->results);
    results_merge(&load->recent, &generator->results);
    write_status(generator);
    generator->status.ended = ended;
    pthread_mutex_unlock(&load->lock);
    metrics_flush(&generator->results.metrics, false);
    generator->flushed_ns = now_ns;
    generator->flushed_cpu_ns = cpu_ns;
}

static void on_flush(uv_timer_t *timer) { flush_results(timer->data, false); }

static void on_stop_request(uv_async_t *async)
{
    struct generator *generator = async->data;
    int64_t grace_ns = atomic_exchange(&generator->grace_ns, NOT_ASKED);
    if (grace_ns == NOT_ASKED) /* a request to stop that came for an earlier
                                  phase */
        return;
    for (unsigned i = 0; i < generator->n_now; i++) {
        struct scenario_run *run = &generator->now[i];
        scenario_stop(run, grace_ns < 0 ? run->scenario->graceful_stop_ns
                                        : grace_ns);
    }
}

/* The thread of a phase. */
static void *generator_main(void *arg)
{
    struct generator *generator = arg;
    overrun_enter(generator);
    uv_loop_t *loop = &generator->loop;
    generator->idle_before_ns = (int64_t)uv_metrics_idle_time(loop);
    uv_update_time(loop);
    generator->flushed_ns = generator->start_ns;
    generator->flushed_cpu_ns = 0;
    for (unsigned i = 0; i < generator->n_now; i++)
        scenario_arm(&generator->now[i], generator->start_ns);
    uv_timer_start(&generator->flush, on_flush, FLUSH_MS, FLUSH_MS);
    generator_check_end(generator); /* the generator may have no share */
    uv_run(loop, UV_RUN_DEFAULT);
    uv_timer_stop(&generator->flush);
    generator->ready = NULL;
    uv_idle_stop(&generator->idle);
    flush_results(generator, true);
    metrics_flush(&generator->results.metrics, true);
    load_on_ended(generator->load);
    return NULL;
}

bool generator_start(struct generator *generator, struct hook *hook,
                     int64_t start_ns, struct err *err)
{
    generator->now = hook ? &hook->run : generator->runs;
    generator->n_now = hook ? 1 : generator->n_runs;
    generator->start_ns = start_ns;
    generator->grace_ns = NOT_ASKED;
    generator->stop_ns = 0;
    pthread_mutex_lock(&generator->load->lock);
    generator->status.ended = false;
    generator->status.as_of_ns = start_ns;
    pthread_mutex_unlock(&generator->load->lock);
    return pthread_create(&generator->thread, NULL, generator_main,
                          generator) == 0 ||
           err_set(err, "the system has no thread for a generator");
}

void generator_join(struct generator *generator)
{
    pthread_join(generator->thread, NULL);
}

void generator_stop(struct generator *generator, int64_t grace_ns)
{
    generator->grace_ns = grace_ns;
    generator->stop_ns = clock_mono_ns();
    uv_async_send(&generator->stop);
}

int64_t generator_deadline_ns(const struct scenario_run *run)
{
    int64_t stop_ns = run->generator->stop_ns;
    int64_t grace_ns = run->generator->grace_ns;
    if (stop_ns == 0 ||
        grace_ns == NOT_ASKED) /* on_stop_request has handled it */
        return run->deadline_ns;
    stop_ns += grace_ns < 0 ? run->scenario->graceful_stop_ns : grace_ns;
    return stop_ns < run->deadline_ns ? stop_ns : run->deadline_ns;
}

static void open_generator_handles(struct generator *generator)
{
    uv_loop_t *loop = &generator->loop;
    uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
    uv_idle_init(loop, &generator->idle);
    uv_timer_init(loop, &generator->flush);
    uv_async_init(loop, &generator->stop, on_stop_request);
    generator->idle.data = generator->flush.data = generator->stop.data =
        generator;
    network_init(&generator->network, loop);
}

static void close_handles(struct generator *generator)
{
    uv_close((uv_handle_t *)&generator->idle, NULL);
    uv_close((uv_handle_t *)&generator->flush, NULL);
    uv_close((uv_handle_t *)&generator->stop, NULL);
    network_close(&generator->network);
}

struct generator *generator_new(struct load *load, unsigned number,
                                struct err *err)
{
    struct generator *generator = calloc(1, sizeof *generator);
    if (!generator || uv_loop_init(&generator->loop) < 0) {
        free(generator);
        err_set(err, "out of memory, or of file descriptors, for generator %u",
                number + 1);
        return NULL;
    }
    generator->load = load;
    generator->number = number;
    generator->behaviour = load->url ? &vu_url : &vu_script;
    open_generator_handles(generator);
    generator->status.scenarios =
        calloc(CONFIG_SCENARIOS_MAX, sizeof *generator->status.scenarios);
    if (results_init(&generator->results) && generator->status.scenarios)
        return generator;
    err_set(err, "out of memory");
    generator_free(generator);
    return NULL;
}

void generator_free(struct generator *generator)
{
    for (uint32_t i = 0; i < generator->n_vus; i++) {
        generator->behaviour->close(&generator->vus[i]);
        vu_close(&generator->vus[i]);
    }
    for (unsigned i = 0; i < generator->n_runs; i++)
        scenario_close(&generator->runs[i]);
    hook_close(&generator->setup);
    hook_close(&generator->teardown);
    close_handles(generator);
    uv_run(&generator->loop, UV_RUN_DEFAULT);
    uv_loop_close(&generator->loop);
    network_fini(&generator->network);
    for (uint32_t i = 0; i < generator->n_vus; i++)
        vu_fini(&generator->vus[i]);
    hook_fini(&generator->setup);
    hook_fini(&generator->teardown);
    free(generator->vus);
    free(generator->runs);
    free(generator->status.scenarios);
    if (generator->L)
        script_state_free(generator->L);
    results_fini(&generator->results);
    free(generator);
}

/* --- the shares of the scenarios ----------------------------------------- */

/* A scenario has at most one share for each of its virtual users. */
static unsigned count_shares(const struct generator *generator,
                             const struct scenario *scenario)
{
    unsigned n = generator->load->n_generators;
    return scenario->vus < (int64_t)n ? (unsigned)scenario->vus : n;
}

/* Returns how many virtual users of the scenario this generator has. */
static uint32_t count_share_vus(const struct generator *generator,
                                const struct scenario *scenario)
{
    int64_t n = count_shares(generator, scenario), share = generator->number;
    return share < n ? (uint32_t)((scenario->vus - share - 1) / n + 1) : 0;
}

/* Makes the generator's share of scenario i. `n_before` is the number of
 * virtual users of the scenarios before it. */
static bool open_share(struct generator *generator, unsigned i,
                       uint32_t n_before, struct err *err)
{
    struct load *load = generator->load;
    const struct scenario *scenario = &load->config->scenarios[i];
    struct scenario_run *run = &generator->runs[generator->n_runs];
    run->scenario = scenario;
    run->generator = generator;
    run->share = generator->number;
    run->n_shares = count_shares(generator, scenario);
    run->n_taken = &load->n_taken[i];
    run->vus = generator->vus + generator->n_vus;
    run->n_vus = count_share_vus(generator, scenario);
    uv_timer_init(&generator->loop, &run->timer);
    run->timer.data = run;
    generator->n_runs++;
    for (uint32_t k = 0; k < run->n_vus; k++, generator->n_vus++)
        vu_init(&run->vus[k], run,
                n_before + k * run->n_shares + run->share + 1);
    return scenario_open(run, err);
}

static int open_vus(struct generator *generator, struct err *err)
{
    for (uint32_t i = 0; i < generator->n_vus; i++)
        if (!generator->behaviour->open(&generator->vus[i], err))
            return generator->load->url ? LOAD_EXIT_CONFIG : LOAD_EXIT_SCRIPT;
    return 0;
}

int generator_open(struct generator *generator, struct err *err)
{
    const struct config *config = generator->load->config;
    uint32_t n_vus = 0, n_before = 0;
    for (unsigned i = 0; i < config->n_scenarios; i++)
        n_vus += count_share_vus(generator, &config->scenarios[i]);
    generator->network.skip_verify = config->skip_tls_verify;
    generator->runs = calloc(config->n_scenarios, sizeof *generator->runs);
    generator->vus = calloc(n_vus ? n_vus : 1, sizeof *generator->vus);
    if (!generator->runs || !generator->vus) {
        err_set(err, "out of memory for %u virtual users", n_vus);
        return LOAD_EXIT_CONFIG;
    }
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        if (count_share_vus(generator, &config->scenarios[i]) > 0 &&
            !open_share(generator, i, n_before, err))
            return LOAD_EXIT_CONFIG;
        n_before += (uint32_t)config->scenarios[i].vus;
    }
    if (generator->number == 0 &&
        (!hook_open(&generator->setup, generator, "setup",
                    config->setup_timeout_ns, err) ||
         !hook_open(&generator->teardown, generator, "teardown",
                    config->teardown_timeout_ns, err)))
        return LOAD_EXIT_SCRIPT;
    return open_vus(generator, err);
}
