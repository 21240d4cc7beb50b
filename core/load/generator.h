/* generator.h -- a thread of a load test, with its share of the virtual users,
 * a loop of its own and, if the test has a script, a Lua state of its own.
 *
 * Generators share nothing while they send, except the counter of shared
 * iterations, the address of the first target, the files of outputs that take
 * each sample (output_file.h), and what scripts share by `sync` and `shared`.
 * Ten times a second a generator moves its results to load->recent under
 * load->lock (load.h says which thread may touch which results).
 *
 *   generator_new, generator_open   on the main thread
 *   generator_start                 once per phase: setup, the scenarios,
 *   load_on_ended                   teardown; the thread ends with the phase,
 *   generator_join                  its loop and Lua state stay
 *   generator_free                  on the main thread
 *
 * Path: load.c -> [generator] -> scenario.c -> executor.h -> vu.c
 */
#ifndef LOAD_GENERATOR_H
#define LOAD_GENERATOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "client/network.h"
#include "script/chunk.h"
#include "load/hook.h"
#include "load/overrun.h"
#include "measure/results.h"
#include "load/scenario.h"
#include "modules/module_http.h"

struct behaviour;
struct load;
struct lua_State;
struct vu;

/* The state of a generator that the main thread may read, under load->lock. */
struct generator_status {
    /* one for each scenario of the configuration */
    struct scenario_status *scenarios;
    int64_t cpu_ns;   /* CPU time of the generator's thread in this phase */
    int64_t idle_ns;  /* time that its loop waited in this phase */
    int64_t as_of_ns; /* when the status was written, on the monotonic clock */
    bool ended; /* the generator has ended this phase; load.c then adds the
                   time that it waits for the others to idle_ns */
};

struct generator {
    struct load *load;
    unsigned number; /* from 0 */
    const struct behaviour *behaviour;
    struct results results;
    struct generator_status status;

    pthread_t thread;
    uv_loop_t loop;
    struct network network;
    struct scenario_run *runs; /* one for each scenario that the generator
                                  has a share of */
    unsigned n_runs;
    struct scenario_run *now; /* the runs of this phase: all of `runs`, or
                                 that of a hook */
    unsigned n_now;
    int64_t start_ns;       /* start of the phase */
    int64_t idle_before_ns; /* time that the loop waited in earlier phases */
    /* clock and CPU time at the last flush */
    int64_t flushed_ns, flushed_cpu_ns;
    struct vu *vus;
    uint32_t n_vus;
    struct vu *ready; /* stack of the virtual users that advance in the
                         loop's next round */
    uv_idle_t idle;   /* active while `ready` is not empty */
    uv_timer_t flush;
    uv_async_t stop;
    _Atomic int64_t grace_ns; /* time that generator_stop gives running
                                 iterations; < 0: the scenario's own;
                                 INT64_MIN: not asked for */
    _Atomic int64_t stop_ns;  /* when generator_stop was called in this phase;
                                 0: not called */

    /* Used by vu_script.c, if the test has a script. */
    struct lua_State *L;
    struct http_env http_env;
    struct chunk chunk;
    struct vu *volatile current; /* whose function runs now [signal] */
    struct vu *opening;          /* whose chunk runs now */
    struct overrun overrun;
    uint64_t n_errors; /* errors of the script, logged or not */
    int table_ref; /* registry reference of the table that the chunk returned */
    int data_ref;  /* registry reference of the value that setup returned;
                      LUA_NOREF: none */
    struct hook setup, teardown; /* of generator 0 only */
};

/* Makes a generator without virtual users. Returns NULL and sets err if memory
 * or file descriptors are short. [main thread] */
struct generator *generator_new(struct load *load, unsigned number,
                                struct err *err);

/* Closes and frees the generator. Its thread has ended. [main thread] */
void generator_free(struct generator *generator);

/* Makes the generator's shares of the scenarios and opens its virtual users.
 * Returns 0, or the exit code and sets err. [main thread] */
int generator_open(struct generator *generator, struct err *err);

/* Begins a phase on a new thread, at `start_ns`: all shares, or only `hook` if
 * that is not NULL. The thread calls load_on_ended when the phase has ended.
 * Returns false and sets err if the system refuses a thread. [main thread] */
bool generator_start(struct generator *generator, struct hook *hook,
                     int64_t start_ns, struct err *err);

/* Waits for the end of the thread that generator_start began. [main thread] */
void generator_join(struct generator *generator);

/* Asks the generator to begin no more iterations. Running iterations have
 * `grace_ns` to end, or their scenario's gracefulStop if `grace_ns` < 0.
 * [any thread] */
void generator_stop(struct generator *generator, int64_t grace_ns);

/* Returns the time at which an iteration of this scenario that runs on the
 * calling generator's thread is to be interrupted. A call of generator_stop
 * counts at once, although the loop may not have handled it yet.
 * [generator's thread, signal] */
int64_t generator_deadline_ns(const struct scenario_run *run);

/* Ends the phase if all of its scenarios are over. [generator's thread] */
void generator_check_end(struct generator *generator);

/* Makes the free virtual user advance in the loop's next round, after the loop
 * has served the others. [generator's thread] */
void generator_make_ready(struct generator *generator, struct vu *vu);

#endif
