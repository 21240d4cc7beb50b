/* config.h -- the configuration of a run: the script's `options` table,
 * checked, and k6's shorthand (vus, duration, iterations, stages) from the
 * script or the command line.
 *
 * Every mistake is reported here, before any load is sent. A message names the
 * option and says which values are allowed.
 *
 *   config_init
 *   config_read      the script's options (config_read.c, option_value.c)
 *   config_override  the command line's
 *   config_finish    makes scenarios of the shorthand and checks all of them
 *   config_fini
 *
 * Path: cli/load_arguments.c, vu_script.c -> [config] -> load.c, scenario.c
 */
#ifndef LOAD_CONFIG_H
#define LOAD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "target/profile_options.h"
#include "measure/thresholds.h"
#include "measure/trend_stat.h"
#include "modules/module_http.h"
#include "load/stages.h"

#define CONFIG_NAME_MAX 127
#define CONFIG_SCENARIOS_MAX 64
#define CONFIG_VUS_MAX 100000
#define CONFIG_THREADS_MAX 64

struct executor;
struct lua_State;

/* Decides about an iteration that is due while no virtual user is free
 * (arrival.h). */
enum overload {
    OVERLOAD_QUEUE, /* the iteration begins late */
    OVERLOAD_DROP,  /* the iteration never begins, as in k6 */
};

/* A variable of the environment that a scenario's script sees. */
struct variable {
    struct variable *next;
    char *name, *value;
};

/* One scenario. Options that the executor does not have are 0. */
struct scenario {
    char name[CONFIG_NAME_MAX + 1];
    char exec[CONFIG_NAME_MAX + 1]; /* name of the script's function */
    const struct executor *executor;
    int64_t vus; /* the most virtual users that the scenario may use */
    int64_t iterations;
    int64_t duration_ns; /* the limit `maxDuration` for executors of
                            iterations */
    int64_t start_ns;    /* startTime: delay after the start of the run */
    int64_t graceful_stop_ns;
    struct buf tags;      /* tags of the scenario, then those of the run, as
                             script/tag_table.h stores them */
    struct variable *env; /* variables in addition to those of the run */

    /* Options of ramping-vus and of the open model. */
    struct stages stages; /* number of virtual users, or iterations per
                             second */
    int64_t start_vus;
    int64_t graceful_ramp_down_ns;
    int64_t rate, start_rate; /* iterations per time unit */
    int64_t time_unit_ns;
    int64_t pre_allocated_vus, max_vus;
    enum overload overload;
};

/* k6's short options, from which config_finish makes one scenario. 0 means that
 * an option is not given. */
struct shorthand {
    int64_t vus;
    int64_t iterations;
    int64_t duration_ns;
    int64_t rate;         /* iterations per second, in the open model */
    struct stages stages; /* numbers of virtual users */
};

struct config {
    struct scenario scenarios[CONFIG_SCENARIOS_MAX];
    unsigned n_scenarios;
    struct shorthand shorthand;
    struct buf tags;
    struct thresholds thresholds;
    struct trend_stats trend_stats; /* columns of the summary */
    int64_t threads;                /* number of generators */
    int64_t setup_timeout_ns, teardown_timeout_ns;
    bool skip_tls_verify;
    struct http_options http;
    struct profile_options profile; /* profiles that the run takes of the
                                       target */
    const char *out_dir; /* folder for the files of the run; the caller's */
};

/* Sets the defaults. */
void config_init(struct config *config);

/* Frees what the configuration owns. */
void config_fini(struct config *config);

/* Adds a scenario with k6's defaults. Returns NULL if there are
 * CONFIG_SCENARIOS_MAX already. */
struct scenario *config_add_scenario(struct config *config);

/* Reads the `options` table at `index`. Returns false and sets err if an option
 * is unknown or a value is wrong. The only Lua error that it raises is that
 * memory is short. */
bool config_read(struct config *config, struct lua_State *L, int index,
                 struct err *err);

/* Applies the options of the command line, which win over the script's. If
 * `with` gives any of the load, the script's scenarios and its shorthand for
 * the load are dropped. */
void config_override(struct config *config, const struct shorthand *with);

/* Makes a scenario of the shorthand if there are none, checks all scenarios,
 * adds the kinds of profiles that thresholds need, and places the profile
 * window in the run. Returns false and sets err if something does not fit. */
bool config_finish(struct config *config, struct err *err);

/* Returns the longest time that all scenarios together may last, without
 * graceful stops, in nanoseconds. */
int64_t config_run_ns(const struct config *config);

#endif
