#include "load/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "load/executor.h"
#include "target/profile_thresholds.h"

#define SECOND_NS INT64_C(1000000000)
#define GRACEFUL_STOP_NS (30 * SECOND_NS)
#define MAX_DURATION_NS (600 * SECOND_NS)
#define HOOK_TIMEOUT_NS (60 * SECOND_NS)
/* Virtual users of a rate on the command line that does not say how many. */
#define RATE_VUS 100

void config_init(struct config *config)
{
    *config = (struct config){
        .threads = 1,
        .trend_stats = trend_stats_default,
        .setup_timeout_ns = HOOK_TIMEOUT_NS,
        .teardown_timeout_ns = HOOK_TIMEOUT_NS,
        .profile = PROFILE_OPTIONS_INIT,
        .out_dir = ".",
    };
    http_options_init(&config->http);
}

static void drop_scenarios(struct config *config)
{
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        struct variable *next;
        buf_fini(&config->scenarios[i].tags);
        for (struct variable *v = config->scenarios[i].env; v; v = next) {
            next = v->next;
            free(v->name);
            free(v->value);
            free(v);
        }
    }
    config->n_scenarios = 0;
}

void config_fini(struct config *config)
{
    drop_scenarios(config);
    buf_fini(&config->tags);
    thresholds_fini(&config->thresholds);
}

static const struct scenario default_scenario = {
    .name = "default",
    .exec = "default",
    .vus = 1,
    .iterations = 1,
    .graceful_stop_ns = GRACEFUL_STOP_NS,
    .graceful_ramp_down_ns = GRACEFUL_STOP_NS,
    .start_vus = 1,
    .time_unit_ns = SECOND_NS,
};

struct scenario *config_add_scenario(struct config *config)
{
    if (config->n_scenarios == CONFIG_SCENARIOS_MAX)
        return NULL;
    struct scenario *scenario = &config->scenarios[config->n_scenarios++];
    *scenario = default_scenario;
    return scenario;
}

static bool is_given(const struct shorthand *shorthand)
{
    return shorthand->vus || shorthand->duration_ns || shorthand->iterations ||
           shorthand->rate || shorthand->stages.n;
}

void config_override(struct config *config, const struct shorthand *with)
{
    struct shorthand *mine = &config->shorthand;
    int64_t vus = with->vus ? with->vus : mine->vus;
    if (!is_given(with))
        return;
    drop_scenarios(config);
    if (with->duration_ns || with->iterations || with->rate || with->stages.n) {
        int64_t duration_ns =
            with->rate && !with->duration_ns ? mine->duration_ns : 0;
        *mine = *with;
        mine->duration_ns += duration_ns;
    }
    mine->vus = vus;
}

/* Without any options the scenario is one iteration of one virtual user. */
static void expand_shorthand(struct config *config)
{
    const struct shorthand *given = &config->shorthand;
    struct scenario *scenario = config_add_scenario(config);
    const char *executor = "shared-iterations";
    scenario->duration_ns = given->duration_ns;
    if (given->vus)
        scenario->vus = given->vus;
    if (given->iterations) {
        scenario->iterations = given->iterations;
    } else if (given->rate) {
        executor = "constant-arrival-rate";
        scenario->rate = given->rate;
        scenario->max_vus = given->vus ? given->vus : RATE_VUS;
    } else if (given->stages.n) {
        executor = "ramping-vus";
        scenario->stages = given->stages;
        scenario->start_vus = given->vus ? given->vus : 1;
    } else if (given->duration_ns) {
        executor = "constant-vus";
    } else if (given->vus > 1) {
        log_write(LOG_WARN, "vus_ignored",
                  LOG_FIELDS(log_text(
                      "reason", "vus works with a duration or iterations")));
        scenario->vus = 1;
    }
    scenario->executor = executor_find(executor);
}

static bool check_shorthand(const struct shorthand *given, struct err *err)
{
    if (given->rate && (given->iterations || given->stages.n))
        return err_set(err, "give either a rate, or iterations, or stages");
    if (given->stages.n && (given->iterations || given->duration_ns))
        return err_set(err, "options: give either stages, or duration and "
                            "iterations");
    return true;
}

/* Returns true if only the time ends the scenario, false if its iterations may
 * all be done before. */
static bool is_timed(const struct scenario *scenario)
{
    const char *const *name = scenario->executor->options;
    while (*name && strcmp(*name, "iterations") != 0)
        name++;
    return !*name;
}

/* Returns when the last scenario ends. If `timed_only` is true, scenarios that
 * may be done before their time are left out. */
static int64_t last_end_ns(const struct config *config, bool timed_only)
{
    int64_t last_ns = 0;
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        const struct scenario *scenario = &config->scenarios[i];
        int64_t end_ns = scenario->start_ns + scenario->duration_ns;
        if (end_ns > last_ns && (!timed_only || is_timed(scenario)))
            last_ns = end_ns;
    }
    return last_ns;
}

int64_t config_run_ns(const struct config *config)
{
    return last_end_ns(config, false);
}

bool config_finish(struct config *config, struct err *err)
{
    int64_t vus = 0;
    if (!check_shorthand(&config->shorthand, err))
        return false;
    if (config->n_scenarios == 0)
        expand_shorthand(config);
    else if (is_given(&config->shorthand))
        return err_set(err, "options: give either scenarios, or vus, duration, "
                            "iterations and stages");
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        struct scenario *scenario = &config->scenarios[i];
        if (!scenario->executor->check(scenario, err))
            return err_prefix(err, "scenario '%s': ", scenario->name);
        if (scenario->vus > CONFIG_VUS_MAX ||
            (vus += scenario->vus) > CONFIG_VUS_MAX)
            return err_set(err, "scenario '%s': more than %d virtual users",
                           scenario->name, CONFIG_VUS_MAX);
        if (scenario->duration_ns == 0)
            scenario->duration_ns = MAX_DURATION_NS;
        buf_append(&scenario->tags, config->tags.data, config->tags.len);
        if (scenario->tags.failed)
            return err_set(err, "out of memory");
    }
    if (!profile_thresholds_want(&config->thresholds, &config->profile, err))
        return false;
    return profile_options_finish(&config->profile, config_run_ns(config),
                                  last_end_ns(config, true), err);
}
