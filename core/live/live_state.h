/* live_state.h -- all that the live view shows, as numbers and texts, apart
 * from how it looks.
 *
 * Path: load.c, live_recent.c -> [live_state] -> live_block.c
 */
#ifndef LIVE_LIVE_STATE_H
#define LIVE_LIVE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "load/config.h"
#include "live/live_recent.h"
#include "load/load.h"

#define LIVE_FAILURES_MAX 8
#define LIVE_THRESHOLDS_MAX 24
#define LIVE_THRESHOLD_MAX 320
#define LIVE_PROFILE_MAX 160

/* Beyond these the generator's own load is in the results. */
#define LIVE_BUSY_MAX 0.85
#define LIVE_LAG_MAX_MS 1.0

enum live_step { LIVE_WAITS, LIVE_RUNS, LIVE_ENDS, LIVE_IS_DONE };

struct live_scenario {
    const char *name, *executor;
    enum live_step step;
    double progress;    /* from 0 to 1 */
    double starts_in_s; /* WAITS */
    bool is_open;       /* an open model */
    bool drops;         /* what is late is dropped */
    double rate;        /* of the plan, per second, in an open model */
    uint32_t n_active, n_vus;
    uint64_t n_late, n_dropped;
};

struct live_failure {
    char text[48]; /* "503", "timeout" */
    uint64_t n;
};

struct live_threshold {
    char text[LIVE_THRESHOLD_MAX]; /* "http_req_failed rate<0.01  0.0002" */
    bool judged, failed;
};

struct live_state {
    const char *script; /* without its folder; NULL: a URL is requested */
    const char *target; /* the URL, or the server of the first request; NULL:
                           there was none yet */
    double elapsed_s;
    double planned_s; /* 0: iterations tell when it ends */
    enum load_phase phase;
    bool stopping;
    bool has_keys; /* q can be pressed */
    bool asking;   /* it has been */

    struct live_scenario scenarios[CONFIG_SCENARIOS_MAX];
    unsigned n_scenarios;
    const struct live_recent *recent;
    struct live_latency latency; /* of all until now */
    uint64_t n_requests, n_failed;
    struct live_failure failures[LIVE_FAILURES_MAX]; /* falling */
    unsigned n_failures;
    uint64_t n_checks, n_checks_failed, n_script_errors;
    struct live_threshold thresholds[LIVE_THRESHOLDS_MAX]; /* failed first */
    unsigned n_thresholds;
    char profile[LIVE_PROFILE_MAX]; /* how far they are; "": none are taken */
};

/* Fill in all but `has_keys` and `asking`. `recent` must be up to
 * date and stay. [main thread] */
void live_state_read(struct live_state *state, struct load *load,
                     const struct live_recent *recent);

/* Is what is measured in part the generator itself? */
bool live_state_is_limited(const struct live_recent *recent);

#endif
