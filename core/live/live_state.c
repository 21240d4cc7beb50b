#include "live/live_state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "load/executor.h"
#include "measure/format.h"

bool live_state_is_limited(const struct live_recent *recent)
{
    return recent->busiest > LIVE_BUSY_MAX ||
           (recent->n_lags > 0 && recent->lag_p99_ms > LIVE_LAG_MAX_MS);
}

/* Returns the number of iterations that ends the scenario, 0 if time ends it.
 */
static double count_planned(const struct scenario *scenario)
{
    double n = (double)scenario->iterations;
    if (scenario->executor == &executor_per_vu_iterations)
        return n * (double)scenario->vus;
    return scenario->executor == &executor_shared_iterations ? n : 0;
}

static void read_progress(struct live_scenario *live,
                          const struct scenario *scenario,
                          const struct scenario_status *status, double at_ns)
{
    double n_planned = count_planned(scenario);
    double duration_ns = (double)scenario->duration_ns;
    live->progress = duration_ns > 0 ? at_ns / duration_ns : 1;
    if (n_planned > 0 && (double)status->n_begun / n_planned > live->progress)
        live->progress = (double)status->n_begun / n_planned;
    live->progress = fmin(fmax(live->progress, 0), 1);
    if (at_ns < 0) {
        live->step = LIVE_WAITS;
        live->starts_in_s = -at_ns / 1e9;
    } else if (live->progress < 1) {
        live->step = LIVE_RUNS;
    } else {
        live->step = live->n_active > 0 ? LIVE_ENDS : LIVE_IS_DONE;
    }
}

static void read_live_scenario(struct live_scenario *live, struct load *load,
                               unsigned i, double elapsed_ns)
{
    const struct scenario *scenario = &load->config->scenarios[i];
    struct scenario_status status;
    double at_ns = elapsed_ns - (double)scenario->start_ns;
    load_read_status(load, i, &status);
    *live = (struct live_scenario){
        .name = scenario->name,
        .executor = scenario->executor->name,
        .is_open = scenario->max_vus > 0,
        .drops = scenario->overload == OVERLOAD_DROP,
        .n_active = status.n_active,
        .n_vus = status.n_vus,
        .n_late = status.n_late,
        .n_dropped = status.n_dropped,
    };
    if (live->is_open)
        live->rate =
            stages_value(&scenario->stages, (int64_t)fmax(at_ns, 0), NULL);
    read_progress(live, scenario, &status, at_ns);
    if (load->phase == LOAD_TEARDOWN)
        live->step = LIVE_IS_DONE;
}

/* Adds a failure to the sorted list, which keeps the most frequent ones. */
static void add_failure(struct live_state *state, const char *text, uint64_t n)
{
    unsigned i = state->n_failures;
    if (n == 0)
        return;
    if (i < LIVE_FAILURES_MAX)
        state->n_failures++;
    else if (state->failures[--i].n >= n)
        return;
    for (; i > 0 && state->failures[i - 1].n < n; i--)
        state->failures[i] = state->failures[i - 1];
    state->failures[i].n = n;
    snprintf(state->failures[i].text, sizeof state->failures[i].text, "%s",
             text);
}

static void read_failures(struct live_state *state,
                          const struct outcome *outcome)
{
    char text[16];
    for (int i = 0; i < OUTCOME_STATUS_MAX; i++) {
        if (outcome->by_status[i] == 0 || (i >= 200 && i < 400))
            continue;
        snprintf(text, sizeof text, "%d", i);
        add_failure(state, text, outcome->by_status[i]);
    }
    for (unsigned i = 0; i < outcome->n_errors; i++)
        add_failure(state, client_error_text(outcome->errors[i].error),
                    outcome->errors[i].count);
}

static void read_counts(struct live_state *state, const struct results *results)
{
    struct metric *const *all = results->metrics.all;
    const struct metric *failed = all[METRIC_HTTP_REQ_FAILED];
    const struct metric *checks = all[METRIC_CHECKS];
    state->n_requests = failed->count;
    state->n_failed = (uint64_t)failed->sum;
    state->n_checks = checks->count;
    state->n_checks_failed = checks->count - (uint64_t)checks->sum;
    state->n_script_errors = results->n_script_errors;
    live_latency_read(&state->latency, &all[METRIC_HTTP_REQ_LATENCY]->values);
    read_failures(state, &results->outcome);
}

static void describe_value(char *out, size_t size, const struct load *load,
                           const struct selector *selector,
                           const struct threshold *threshold)
{
    const struct metric *metric =
        metrics_select(&load->results.metrics, selector);
    if (!threshold->judged)
        *out = '\0';
    else if (metric && metric->unit == METRIC_TIME)
        format_time_brief(out, size, threshold->value);
    else if (metric && metric->unit == METRIC_DATA)
        format_bytes(out, size, threshold->value);
    else
        snprintf(out, size, "%.4g", threshold->value);
}

/* Adds the failed thresholds, or the others. */
static void add_thresholds(struct live_state *state, const struct load *load,
                           bool failed)
{
    const struct thresholds *thresholds = &load->config->thresholds;
    for (unsigned i = 0; i < thresholds->n; i++)
        for (unsigned k = 0; k < thresholds->of[i].n; k++) {
            const struct threshold *threshold = &thresholds->of[i].all[k];
            if (threshold->failed != failed ||
                state->n_thresholds == LIVE_THRESHOLDS_MAX)
                continue;
            struct live_threshold *live =
                &state->thresholds[state->n_thresholds++];
            char value[32];
            describe_value(value, sizeof value, load, &thresholds->selectors[i],
                           threshold);
            live->judged = threshold->judged;
            live->failed = failed;
            snprintf(live->text, sizeof live->text, "%.180s %.90s  %s",
                     thresholds->selectors[i].text, threshold->text, value);
        }
}

/* Returns the end of the last scenario in seconds, 0 if iterations end one. */
static double find_end_s(const struct config *config)
{
    double end_ns = 0;
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        const struct scenario *scenario = &config->scenarios[i];
        if (count_planned(scenario) > 0)
            return 0;
        end_ns = fmax(end_ns, (double)scenario->start_ns +
                                  (double)scenario->duration_ns);
    }
    return end_ns / 1e9;
}

static const char *without_folder(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

void live_state_read(struct live_state *state, struct load *load,
                     const struct live_recent *recent)
{
    double elapsed_ns = (double)(clock_mono_ns() - load->results.start_ns);
    *state = (struct live_state){
        .script = without_folder(load->script),
        .target =
            load->url ? load->url : first_target_get(&load->profiles.target),
        .elapsed_s = fmax(elapsed_ns, 0) / 1e9,
        .planned_s = find_end_s(load->config),
        .phase = load->phase,
        .stopping = load->stopped != LOAD_NOT_STOPPED,
        .recent = recent,
    };
    if (load->profiles.capture)
        profile_capture_describe(load->profiles.capture, state->profile,
                                 sizeof state->profile);
    if (load->phase == LOAD_SETUP)
        return;
    for (unsigned i = 0; i < load->config->n_scenarios; i++)
        read_live_scenario(&state->scenarios[state->n_scenarios++], load, i,
                           elapsed_ns);
    read_counts(state, &load->results);
    add_thresholds(state, load, true);
    add_thresholds(state, load, false);
}
