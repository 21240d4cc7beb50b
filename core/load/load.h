/* load.h -- a load test, from its options to its results: setup, the scenarios
 * on all generators, teardown.
 *
 *   load_new
 *   load_open_url or load_open_script   the script's options are read into the
 *                                       configuration
 *   load_listen, load_observe           optional
 *   load_prepare                        after config_finish: generators and
 *                                       virtual users are made
 *   load_run                            blocks until the test is over
 *   load_free                           after summary.c has read the results
 *
 * The calling thread is the main thread. It has a loop of its own for
 * everything that concerns the whole test: signals, the results so far,
 * thresholds, profiles of the target. Results move one way:
 *
 *   generator->results   the generator's thread, without a lock
 *       | ten times a second (generator.c, flush_results)
 *   load->recent         any of these threads, under load->lock
 *       | ten times a second (load.c, collect_results)
 *   load->results        the main thread, without a lock
 *
 * The main thread may touch a generator's results only while that generator's
 * thread does not run, before a phase or after generator_join.
 *
 * Path: cli/load.c -> [load] -> generator.c -> scenario.c; [load] ->
 * target_profiles.c, report/summary.c
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

/* Called on the main thread every `period_ms`, in all phases: the live view. */
struct load_observer {
    uint64_t period_ms;
    void (*tick)(void *ctx, struct load *load);
    void *ctx;
};

/* Receives every sample while the test runs, for outputs such as `-o json`. */
struct load_listener {
    /* Sets the tap of the metrics, if the listener has one. Called before the
     * run, for the results of each generator and for those of the whole test.
     * Returns false if out of memory. [main thread] */
    bool (*attach)(void *ctx, struct results *results);
    /* Called when results have arrived, ten times a second. [main thread] */
    void (*tick)(void *ctx);
    void *ctx;
};

/* The reason why a test ended before its time. The first reason counts. */
enum load_stop {
    LOAD_NOT_STOPPED,
    LOAD_STOPPED_BY_SIGNAL,
    LOAD_STOPPED_BY_SCRIPT, /* loadtest.abort */
    LOAD_STOPPED_BY_THRESHOLD,
};

enum load_phase { LOAD_SETUP, LOAD_SCENARIOS, LOAD_TEARDOWN };

struct load {
    struct config *config;
    const char *url;    /* NULL if a script runs */
    const char *script; /* path of the script */
    const char *const *env;
    struct results results; /* of the whole test, as of the last collection
                               [main thread] */

    struct generator *generators[CONFIG_THREADS_MAX];
    unsigned n_generators;
    uint32_t n_vus;
    /* iterations taken by all shares together (scenario.h) [any thread] */
    _Atomic int64_t n_taken[CONFIG_SCENARIOS_MAX];

    pthread_mutex_t lock; /* guards recent, series and the generators' status */
    struct results recent; /* results that the generators have handed over
                              and load.c has not collected */
    struct series series;  /* results over time, while the scenarios run */

    uv_loop_t loop;
    uv_timer_t collecting, second, observing;
    uv_signal_t on_int, on_term;
    uv_async_t ended; /* woken when a generator has ended its phase */
    uv_async_t aborted;
    atomic_uint n_running; /* generators that have not ended this phase */
    unsigned n_started;    /* the first n_started generators have a thread in
                              this phase */
    _Atomic(enum load_stop) stopped;
    bool signalled; /* a SIGINT or SIGTERM has come, whatever stopped the
                       test before */
    enum load_phase phase;
    struct load_observer observer;
    struct load_listener listener;

    struct target_profiles profiles;
    struct window_series windows; /* per window, while the scenarios run */

    /* Set when the scenarios have ended: CPU time of the generators' threads in
     * nanoseconds, and the least share of the time, 0 to 1, that a generator's
     * loop waited. */
    int64_t cpu_ns;
    double least_idle;
};

/* Makes a load test of `config`, which belongs to the caller and outlives it.
 * Returns NULL and sets err if out of memory. */
struct load *load_new(struct config *config, struct err *err);
void load_free(struct load *load);

/* Makes every virtual user request this URL. The text belongs to the caller and
 * outlives the test. */
void load_open_url(struct load *load, const char *url);

/* Loads the script into generator 0 and reads its options into the
 * configuration. `env` (NAME=VALUE strings, ending with NULL) is added to the
 * environment that the script sees. `env` and `path` belong to the caller and
 * outlive the test. Returns 0, or the exit code and sets err. */
int load_open_script(struct load *load, const char *path,
                     const char *const *env, struct err *err);

/* Makes the generators and opens the virtual users. Called once, after
 * config_finish. Returns 0, or the exit code and sets err. */
int load_prepare(struct load *load, struct err *err);

/* Registers the listener. Called before load_prepare. */
void load_listen(struct load *load, const struct load_listener *listener);

/* Registers the observer. Called before load_run. */
void load_observe(struct load *load, const struct load_observer *observer);

/* Runs the test to its end. The first SIGINT or SIGTERM stops it gracefully;
 * the second one ends the program at once with LOAD_EXIT_SIGNAL. Returns the
 * exit code, and sets err if the test itself failed. */
int load_run(struct load *load, struct err *err);

/* Exit codes, as in k6. */
#define LOAD_EXIT_THRESHOLDS 99
#define LOAD_EXIT_SETUP_TIMEOUT 100
#define LOAD_EXIT_TEARDOWN_TIMEOUT 101
#define LOAD_EXIT_CONFIG 104
#define LOAD_EXIT_SIGNAL 105
#define LOAD_EXIT_SCRIPT 107
#define LOAD_EXIT_ABORTED 108

/* Reads the state of a scenario, summed over all generators, as of their last
 * flush. [main thread] */
void load_read_status(struct load *load, unsigned scenario,
                      struct scenario_status *status);

/* Reads the state of a generator without its scenarios (status->scenarios is
 * NULL), as of status->as_of_ns. [main thread] */
void load_read_generator(struct load *load, unsigned generator,
                         struct generator_status *status);

/* Reads the counts of the test as of the generators' last flush.
 * counts->duration points into load->results. [main thread] */
void load_snapshot(struct load *load, struct window_counts *counts);

/* Ends the test: no iteration begins any more, and running iterations have
 * `grace_ns` to end, or their scenario's gracefulStop if `grace_ns` < 0.
 * [main thread] */
void load_stop(struct load *load, enum load_stop why, int64_t grace_ns);

/* Asks the main thread to stop the test, for a script that calls abort.
 * [generator's thread] */
void load_abort(struct load *load);

/* Reports that the calling generator has ended its phase.
 * [generator's thread] */
void load_on_ended(struct load *load);

#endif
