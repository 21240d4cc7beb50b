/* live_state.h -- the content of the live view as numbers and texts, without
 * its layout.
 *
 * Path: load/load.c, live_recent.c -> [live_state] -> live_block.c
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

/* Beyond these limits the generator's own load affects the results. */
#define LIVE_BUSY_MAX 0.85
#define LIVE_LAG_MAX_MS 1.0

enum live_step { LIVE_WAITS, LIVE_RUNS, LIVE_ENDS, LIVE_IS_DONE };

struct live_scenario {
    const char *name, *executor;
    enum live_step step;
    double progress;    /* from 0 to 1 */
    double starts_in_s; /* for LIVE_WAITS */
    bool is_open;       /* an open model */
    bool drops;         /* late iterations are dropped */
    double rate;        /* planned iterations per second of an open model */
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
    const char *script; /* without its folder; NULL if a URL is requested */
    const char *target; /* the URL, or the server of the first request; NULL
                           before the first request */
    double elapsed_s;
    double planned_s; /* 0 if a number of iterations ends the run */
    enum load_phase phase;
    bool stopping;
    bool has_keys; /* the key q works */
    bool asking;   /* q was pressed, and the view asks for confirmation */

    struct live_scenario scenarios[CONFIG_SCENARIOS_MAX];
    unsigned n_scenarios;
    const struct live_recent *recent;
    struct live_latency latency; /* of the whole run */
    uint64_t n_requests, n_failed;
    struct live_failure failures[LIVE_FAILURES_MAX]; /* most frequent first */
    unsigned n_failures;
    uint64_t n_checks, n_checks_failed, n_script_errors;
    struct live_threshold thresholds[LIVE_THRESHOLDS_MAX]; /* failed first */
    unsigned n_thresholds;
    char profile[LIVE_PROFILE_MAX]; /* progress of the profiles; "" if none are
                                       taken */
};

/* Fills in all fields except `has_keys` and `asking`. `recent` must be up to
 * date and outlive `state`. [main thread] */
void live_state_read(struct live_state *state, struct load *load,
                     const struct live_recent *recent);

/* Returns true if the generator's own load affects the results. */
bool live_state_is_limited(const struct live_recent *recent);

#endif
