/* generator.h -- one thread of a load test: its share of the virtual users, on
 * a loop and, where there is a script, in a Lua state of its own.
 *
 * Generators share nothing while they run. What they have counted is moved
 * ten times a second, under a lock, to load->recent, from where the main
 * thread takes it.
 *
 *   generator_new, generator_open: on the main thread
 *   generator_start, then load.c's on_ended, then generator_join; any number
 *   of times: for setup, the scenarios, teardown
 *   generator_free
 *
 * Path: load.c -> [generator] -> scenario.c -> executor -> vu.c
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

/* What the main thread sees of it; under load->lock. */
struct generator_status {
    struct scenario_status *scenarios; /* of the configuration */
    int64_t cpu_ns;                    /* of its thread, in this phase */
    int64_t idle_ns;                   /* that its loop waited in it */
    int64_t as_of_ns;                  /* monotonic */
    bool ended; /* this phase has, for it: load.c lets time go on */
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
    struct scenario_run *runs; /* one per scenario that it has a share of */
    unsigned n_runs;
    struct scenario_run *now; /* those of the phase, of runs, or the hook */
    unsigned n_now;
    int64_t start_ns;       /* of the phase */
    int64_t idle_before_ns; /* that its loop waited in earlier ones */
    int64_t flushed_ns, flushed_cpu_ns; /* as of the last flush */
    struct vu *vus;
    uint32_t n_vus;
    struct vu *ready; /* a stack of those to advance in the next round */
    uv_idle_t idle;   /* runs while there are any */
    uv_timer_t flush;
    uv_async_t stop;
    _Atomic int64_t grace_ns; /* that stop gives; < 0: the scenario's own */
    _Atomic int64_t stop_ns;  /* when it was asked for; 0: not in this phase */

    /* Of the script (vu_script.c). */
    struct lua_State *L;
    struct http_host http;
    struct chunk chunk;
    struct vu *volatile current; /* whose function runs now [signal] */
    struct vu *opening;          /* whose chunk runs now */
    struct overrun overrun;
    uint64_t n_errors; /* of the script, also those not logged */
    int table_ref;     /* what the chunk returned when it was loaded */
    int data_ref;      /* what setup returned; LUA_NOREF: nothing */
    struct hook setup, teardown; /* of the first generator */
};

/* NULL and err: out of memory, or of file descriptors. */
struct generator *generator_new(struct load *load, unsigned number,
                                struct err *err);
void generator_free(struct generator *generator);

/* Make its shares of the scenarios, and open its virtual users. 0, or the exit
 * code and err. */
int generator_open(struct generator *generator, struct err *err);

/* Begin a phase on a thread of its own: all shares, or a hook alone.
 * load_on_ended is called there at its end. False and err: the system has no
 * thread. */
bool generator_start(struct generator *generator, struct hook *hook,
                     int64_t start_ns, struct err *err);
void generator_join(struct generator *generator);

/* Begin no iteration any more; those that run have `grace_ns`, or if < 0 their
 * scenario's gracefulStop. [any thread] */
void generator_stop(struct generator *generator, int64_t grace_ns);

/* When an iteration of this scenario that runs on the calling thread, the
 * generator's, is to be interrupted: stopping counts, though the loop may not
 * have heard of it yet. */
int64_t generator_deadline_ns(const struct scenario_run *run);

/* Of scenario.c: is everything of this phase over? Then it ends. */
void generator_check_end(struct generator *generator);

/* Of vu.c: advance it when the loop has seen to the others. */
void generator_make_ready(struct generator *generator, struct vu *vu);

#endif
