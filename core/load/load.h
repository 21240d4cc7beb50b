/* load.h -- a load test: its virtual users on one loop, from start to end.
 *
 *   load_new, then load_open_url, or load_open_script, which reads the options
 *   into the configuration
 *   load_prepare: the configuration is finished, the virtual users are made
 *   load_run: blocks until all scenarios are over
 *   summary.c reads metrics, checks and outcome
 *   load_free
 *
 * Everything happens on the calling thread, but for the signal handler.
 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "client/network.h"
#include "load/chunk.h"
#include "load/config.h"
#include "load/results.h"
#include "script/module_http.h"

struct behaviour;
struct load;
struct lua_State;
struct scenario_run;
struct vu;

/* A second of the run has passed, or it is over. */
struct load_observer {
    uint64_t period_ms;
    void (*tick)(void *ctx, const struct load *load);
    void *ctx;
};

struct load {
    struct config *config;
    struct results results;
    bool interrupted; /* by a signal */

    uv_loop_t loop;
    struct network network;
    const struct behaviour *behaviour;
    struct scenario_run *runs; /* one per scenario of the configuration */
    unsigned n_runs;
    struct vu *vus;
    uint32_t n_vus;
    struct vu *ready; /* a stack of those to advance in the next round */
    uv_idle_t idle;   /* runs while there are any */
    uv_timer_t second;
    uv_timer_t observing;
    uv_async_t stop;
    struct load_observer observer;

    const char *url; /* of vu_url; NULL: a script runs */

    /* Of the script. */
    struct lua_State *L;
    struct http_host http;
    struct chunk chunk;
    struct vu *current; /* whose function runs now */
    uint32_t opening;   /* number of the one whose chunk runs */
};

/* `config` is the caller's and outlives it. NULL and err: out of memory. */
struct load *load_new(struct config *config, struct err *err);
void load_free(struct load *load);

/* Every virtual user requests this URL. The text is the caller's. */
void load_open_url(struct load *load, const char *url);

/* Load the script and read its options into the configuration. 0, or the
 * exit code and err. `env` (NAME=VALUE strings, NULL-ended) is added to the
 * environment that the script sees. */
int load_open_script(struct load *load, const char *path,
                     const char *const *env, struct err *err);

/* Make what runs, once config_finish has succeeded. 0, or the exit code and
 * err. */
int load_prepare(struct load *load, struct err *err);

void load_observe(struct load *load, const struct load_observer *observer);

/* Run to the end. SIGINT and SIGTERM stop it gracefully; the second one ends
 * the program at once, with LOAD_EXIT_SIGNAL. */
void load_run(struct load *load);

#define LOAD_EXIT_CONFIG 104
#define LOAD_EXIT_SIGNAL 105
#define LOAD_EXIT_SCRIPT 107

/* Virtual users that iterate now. */
uint32_t load_n_active(const struct load *load);

/* Of scenario.c and vu.c: is everything over? Then the loop ends. */
void load_check_end(struct load *load);
void load_make_ready(struct load *load, struct vu *vu);

#endif
