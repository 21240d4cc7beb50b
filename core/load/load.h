/* load.h -- a load test, from its options to its results: setup, the scenarios
 * on all generators, teardown.
 *
 *   load_new, then load_open_url, or load_open_script, which reads the options
 *   into the configuration
 *   load_prepare: the configuration is finished, the virtual users are made
 *   load_run: blocks until all is over
 *   summary.c reads the results
 *   load_free
 *
 * The calling thread has a loop of its own, for what concerns the whole test:
 * signals, the results so far, and those who watch them.
 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "load/config.h"
#include "load/generator.h"
#include "measure/results.h"
#include "measure/series.h"
#include "load/target_profiles.h"
#include "measure/window.h"

struct load;

/* Called on the main thread, in all phases. */
struct load_observer {
    uint64_t period_ms;
    void (*tick)(void *ctx, struct load *load);
    void *ctx;
};

/* Who wants to know of each sample, or of more than is counted else. */
struct load_listener {
    /* Set the metrics' tap, if there shall be one; for the results of each
     * generator, and those of the whole test, before the run. False when out
     * of memory. [main thread] */
    bool (*attach)(void *ctx, struct results *results);
    /* Results have come in. [main thread] */
    void (*tick)(void *ctx);
    void *ctx;
};

/* Why it ended before its time. */
enum load_stop {
    LOAD_NOT_STOPPED,
    LOAD_STOPPED_BY_SIGNAL,
    LOAD_STOPPED_BY_SCRIPT, /* loadtest.abort */
    LOAD_STOPPED_BY_THRESHOLD,
};

enum load_phase { LOAD_SETUP, LOAD_SCENARIOS, LOAD_TEARDOWN };

struct load {
    struct config *config;
    const char *url;    /* NULL: a script runs */
    const char *script; /* its path */
    const char *const *env;
    struct results results; /* of all, until the last look */

    struct generator *generators[CONFIG_THREADS_MAX];
    unsigned n_generators;
    uint32_t n_vus;
    _Atomic int64_t n_taken[CONFIG_SCENARIOS_MAX]; /* iterations (scenario.h) */

    pthread_mutex_t lock;  /* of recent, series and the generators' status */
    struct results recent; /* what the generators have handed over */
    struct series series;  /* of the scenarios */

    uv_loop_t loop;
    uv_timer_t collecting, second, observing;
    uv_signal_t on_int, on_term;
    uv_async_t ended; /* a generator's phase has */
    uv_async_t aborted;
    atomic_uint n_running; /* generators */
    unsigned n_started;    /* of the first, in this phase */
    _Atomic(enum load_stop) stopped;
    bool signalled; /* by SIGINT or SIGTERM, whatever had stopped it before */
    enum load_phase phase;
    struct load_observer observer;
    struct load_listener listener;

    struct target_profiles profiles;
    struct window_series windows; /* of the scenarios */

    /* Of the scenarios, once they have ended: CPU time of the generators'
     * threads, and the least share of its time that a loop waited. */
    int64_t cpu_ns;
    double least_idle;
};

/* `config` is the caller's and outlives it. NULL and err: out of memory. */
struct load *load_new(struct config *config, struct err *err);
void load_free(struct load *load);

/* Every virtual user requests this URL. The text is the caller's. */
void load_open_url(struct load *load, const char *url);

/* Load the script and read its options into the configuration. 0, or the
 * exit code and err. `env` (NAME=VALUE strings, NULL-ended) is added to the
 * environment that the script sees; it and the path are the caller's. */
int load_open_script(struct load *load, const char *path,
                     const char *const *env, struct err *err);

/* Make what runs, once config_finish has succeeded. 0, or the exit code and
 * err. */
int load_prepare(struct load *load, struct err *err);

/* Before load_prepare. */
void load_listen(struct load *load, const struct load_listener *listener);

void load_observe(struct load *load, const struct load_observer *observer);

/* Run to the end. SIGINT and SIGTERM stop it gracefully; the second one ends
 * the program at once, with LOAD_EXIT_SIGNAL. The exit code, and err where the
 * test as such failed. */
int load_run(struct load *load, struct err *err);

/* k6's. */
#define LOAD_EXIT_THRESHOLDS 99
#define LOAD_EXIT_SETUP_TIMEOUT 100
#define LOAD_EXIT_TEARDOWN_TIMEOUT 101
#define LOAD_EXIT_CONFIG 104
#define LOAD_EXIT_SIGNAL 105
#define LOAD_EXIT_SCRIPT 107
#define LOAD_EXIT_ABORTED 108

/* How a scenario is doing, all generators together, as of a moment ago.
 * [main thread] */
void load_read_status(struct load *load, unsigned scenario,
                      struct scenario_status *status);

/* How a generator is doing, but for its scenarios, as of status->as_of_ns.
 * [main thread] */
void load_read_generator(struct load *load, unsigned generator,
                         struct generator_status *status);

/* All that was counted until a moment ago. [main thread] */
void load_look(struct load *load, struct window_counts *counts);

/* End the test now; iterations that run have `grace_ns`, or if < 0 their
 * scenario's gracefulStop. [main thread] */
void load_stop(struct load *load, enum load_stop why, int64_t grace_ns);

/* A script wants the test to end. [generators' threads] */
void load_abort(struct load *load);

/* A generator's phase has ended. [generators' threads] */
void load_on_ended(struct load *load);

#endif
