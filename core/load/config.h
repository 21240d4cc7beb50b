/* config.h -- what a run shall do: the script's `options` table, checked, and
 * k6's shorthand (vus, duration, iterations, stages), from script or command
 * line.
 *
 * Everything wrong is said here, before any load is sent: a message names the
 * option and what is allowed.
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

/* What becomes of an iteration that is due while no virtual user is free. */
enum overload {
    OVERLOAD_QUEUE, /* it begins late */
    OVERLOAD_DROP,  /* it never does: k6's way */
};

struct variable {
    struct variable *next;
    char *name, *value;
};

/* Options that an executor does not have are 0. */
struct scenario {
    char name[CONFIG_NAME_MAX + 1];
    char exec[CONFIG_NAME_MAX + 1]; /* the script's function */
    const struct executor *executor;
    int64_t vus; /* all that it may use */
    int64_t iterations;
    int64_t duration_ns; /* its maxDuration where the executor has one */
    int64_t start_ns;    /* startTime: after the start of the run */
    int64_t graceful_stop_ns;
    struct buf tags;      /* and then those of the run: of script/tag_table.h */
    struct variable *env; /* beside those of the whole run */

    /* Of ramping-vus, and of the open model. */
    struct stages stages; /* number of virtual users; iterations per second */
    int64_t start_vus;
    int64_t graceful_ramp_down_ns;
    int64_t rate, start_rate; /* iterations per time unit */
    int64_t time_unit_ns;
    int64_t pre_allocated_vus, max_vus;
    enum overload overload;
};

/* 0: not given. */
struct shorthand {
    int64_t vus;
    int64_t iterations;
    int64_t duration_ns;
    int64_t rate;         /* iterations per second: the open model */
    struct stages stages; /* numbers of virtual users */
};

struct config {
    struct scenario scenarios[CONFIG_SCENARIOS_MAX];
    unsigned n_scenarios;
    struct shorthand shorthand;
    struct buf tags;
    struct thresholds thresholds;
    struct trend_stats trend_stats; /* columns of the summary */
    int64_t threads;                /* generators */
    int64_t setup_timeout_ns, teardown_timeout_ns;
    bool skip_tls_verify;
    struct http_options http;
    struct profile_options profile; /* of the target */
    const char *out_dir; /* where files of the run go; the caller's */
};

void config_init(struct config *config);
void config_fini(struct config *config);

/* One more scenario, with k6's defaults; NULL: there are too many. */
struct scenario *config_add_scenario(struct config *config);

/* Read the `options` table at `index`. False and err: an unknown option, or a
 * bad value. Raises no Lua error but that there is no memory. */
bool config_read(struct config *config, struct lua_State *L, int index,
                 struct err *err);

/* What the command line says wins over the script: what it says of the load
 * replaces the script's, and its scenarios. */
void config_override(struct config *config, const struct shorthand *with);

/* Make scenarios of the shorthand, and check them all, and what depends on how
 * long they last. */
bool config_finish(struct config *config, struct err *err);

/* How long all scenarios together may last, without graceful stops. */
int64_t config_run_ns(const struct config *config);

#endif
