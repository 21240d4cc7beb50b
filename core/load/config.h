/* config.h -- what a run shall do: the script's `options` table, checked, and
 * k6's shorthand (vus, duration, iterations), from script or command line.
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
#include "load/thresholds.h"
#include "load/trend_stat.h"

#define CONFIG_NAME_MAX 127
#define CONFIG_SCENARIOS_MAX 64
#define CONFIG_VUS_MAX 100000

struct executor;
struct lua_State;

struct scenario {
    char name[CONFIG_NAME_MAX + 1];
    char exec[CONFIG_NAME_MAX + 1]; /* the script's function */
    const struct executor *executor;
    int64_t vus;
    int64_t iterations;
    int64_t duration_ns; /* its maxDuration where the executor has one */
    int64_t start_ns;    /* startTime: after the start of the run */
    int64_t graceful_stop_ns;
    struct buf tags; /* and then those of the run: of script/tag_table.h */
};

/* 0: not given. */
struct shorthand {
    int64_t vus;
    int64_t iterations;
    int64_t duration_ns;
};

struct config {
    struct scenario scenarios[CONFIG_SCENARIOS_MAX];
    unsigned n_scenarios;
    struct shorthand shorthand;
    struct buf tags;
    struct thresholds thresholds;
    struct trend_stats trend_stats; /* columns of the summary */
    bool discard_bodies;
    char user_agent[CONFIG_NAME_MAX + 1];
};

void config_init(struct config *config);
void config_fini(struct config *config);

/* Read the `options` table at `index`. False and err: an unknown option, or a
 * bad value. Raises no Lua error but that there is no memory. */
bool config_read(struct config *config, struct lua_State *L, int index,
                 struct err *err);

/* What the command line says wins over the script: a duration or a number of
 * iterations replaces the script's, and its scenarios. */
void config_override(struct config *config, const struct shorthand *with);

/* Make scenarios of the shorthand, and check them all. */
bool config_finish(struct config *config, struct err *err);

#endif
