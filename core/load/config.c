#include "load/config.h"

#include <lua.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "client/request.h"
#include "base/duration.h"
#include "load/executor.h"
#include "target/profile_thresholds.h"
#include "script/tag_table.h"

#define SECOND_NS INT64_C(1000000000)
#define GRACEFUL_STOP_NS (30 * SECOND_NS)
#define MAX_DURATION_NS (600 * SECOND_NS)
#define HOOK_TIMEOUT_NS (60 * SECOND_NS)
#define RATE_VUS 100 /* of a rate on the command line, unless told */

enum field_kind {
    FIELD_COUNT,
    FIELD_COUNT_FROM_0,
    FIELD_DURATION,
    FIELD_TEXT,
    FIELD_FLAG,
    FIELD_EXECUTOR,
    FIELD_TAGS,
    FIELD_THRESHOLDS,
    FIELD_TREND_STATS,
    FIELD_OVERLOAD,
    FIELD_STAGES,
    FIELD_VARIABLES,
    FIELD_SCENARIOS,
    FIELD_PROFILE
};

/* One option: its name, what it is, and where it goes in the struct. */
struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;
    bool common; /* of a scenario: every executor has it */
};

static const struct field option_fields[] = {
    {"vus", FIELD_COUNT, offsetof(struct config, shorthand.vus), true},
    {"duration", FIELD_DURATION, offsetof(struct config, shorthand.duration_ns),
     true},
    {"iterations", FIELD_COUNT, offsetof(struct config, shorthand.iterations),
     true},
    {"stages", FIELD_STAGES, offsetof(struct config, shorthand.stages), true},
    {"scenarios", FIELD_SCENARIOS, 0, true},
    {"tags", FIELD_TAGS, offsetof(struct config, tags), true},
    {"thresholds", FIELD_THRESHOLDS, offsetof(struct config, thresholds), true},
    {"summaryTrendStats", FIELD_TREND_STATS,
     offsetof(struct config, trend_stats), true},
    {"setupTimeout", FIELD_DURATION, offsetof(struct config, setup_timeout_ns),
     true},
    {"teardownTimeout", FIELD_DURATION,
     offsetof(struct config, teardown_timeout_ns), true},
    {"discardResponseBodies", FIELD_FLAG,
     offsetof(struct config, http.discard_bodies), true},
    {"insecureSkipTLSVerify", FIELD_FLAG,
     offsetof(struct config, skip_tls_verify), true},
    {"batch", FIELD_COUNT, offsetof(struct config, http.batch), true},
    {"batchPerHost", FIELD_COUNT_FROM_0,
     offsetof(struct config, http.batch_per_host), true},
    {"maxRedirects", FIELD_COUNT_FROM_0,
     offsetof(struct config, http.max_redirects), true},
    {"noCookiesReset", FIELD_FLAG,
     offsetof(struct config, http.no_cookies_reset), true},
    {"userAgent", FIELD_TEXT, offsetof(struct config, http.user_agent), true},
    {"profile", FIELD_PROFILE, offsetof(struct config, profile), true},
    {NULL, FIELD_COUNT, 0, false},
};

static const struct field scenario_fields[] = {
    {"executor", FIELD_EXECUTOR, offsetof(struct scenario, executor), true},
    {"exec", FIELD_TEXT, offsetof(struct scenario, exec), true},
    {"startTime", FIELD_DURATION, offsetof(struct scenario, start_ns), true},
    {"gracefulStop", FIELD_DURATION,
     offsetof(struct scenario, graceful_stop_ns), true},
    {"tags", FIELD_TAGS, offsetof(struct scenario, tags), true},
    {"vus", FIELD_COUNT, offsetof(struct scenario, vus), false},
    {"iterations", FIELD_COUNT, offsetof(struct scenario, iterations), false},
    {"duration", FIELD_DURATION, offsetof(struct scenario, duration_ns), false},
    {"maxDuration", FIELD_DURATION, offsetof(struct scenario, duration_ns),
     false},
    {"env", FIELD_VARIABLES, offsetof(struct scenario, env), true},
    {"stages", FIELD_STAGES, offsetof(struct scenario, stages), false},
    {"startVUs", FIELD_COUNT_FROM_0, offsetof(struct scenario, start_vus),
     false},
    {"gracefulRampDown", FIELD_DURATION,
     offsetof(struct scenario, graceful_ramp_down_ns), false},
    {"rate", FIELD_COUNT, offsetof(struct scenario, rate), false},
    {"startRate", FIELD_COUNT_FROM_0, offsetof(struct scenario, start_rate),
     false},
    {"timeUnit", FIELD_DURATION, offsetof(struct scenario, time_unit_ns),
     false},
    {"preAllocatedVUs", FIELD_COUNT,
     offsetof(struct scenario, pre_allocated_vus), false},
    {"maxVUs", FIELD_COUNT, offsetof(struct scenario, max_vus), false},
    {"overload", FIELD_OVERLOAD, offsetof(struct scenario, overload), false},
    {NULL, FIELD_COUNT, 0, false},
};

static bool read_scenarios(struct config *config, lua_State *L,
                           struct err *err);

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

/* The value on top of the stack, for a message. */
static const char *describe(lua_State *L, char *out, size_t size)
{
    if (lua_type(L, -1) == LUA_TSTRING)
        snprintf(out, size, "'%.100s'", lua_tostring(L, -1));
    else if (lua_isnumber(L, -1))
        snprintf(out, size, "%.14g", lua_tonumber(L, -1));
    else
        snprintf(out, size, "a %s", lua_typename(L, lua_type(L, -1)));
    return out;
}

static bool expected(lua_State *L, const char *path, const char *what,
                     struct err *err)
{
    char got[128];
    return err_set(err, "%s must be %s, got %s", path, what,
                   describe(L, got, sizeof got));
}

static bool read_count(lua_State *L, int64_t least, int64_t *out,
                       const char *path, struct err *err)
{
    int whole;
    lua_Integer value = lua_tointegerx(L, -1, &whole);
    if (lua_type(L, -1) != LUA_TNUMBER || !whole || value < least)
        return expected(
            L, path, least ? "a whole number from 1" : "a whole number from 0",
            err);
    *out = value;
    return true;
}

/* A number is milliseconds, as in k6. */
static bool read_duration(lua_State *L, int64_t *out, const char *path,
                          struct err *err)
{
    bool ok = false;
    if (lua_type(L, -1) == LUA_TSTRING) {
        ok = duration_parse(lua_tostring(L, -1), out);
    } else if (lua_type(L, -1) == LUA_TNUMBER) {
        lua_Number ms = lua_tonumber(L, -1);
        if ((ok = ms >= 0 && ms < 1e10))
            *out = (int64_t)(ms * 1e6);
    }
    return ok || expected(L, path, DURATION_GRAMMAR, err);
}

static bool read_text(lua_State *L, char *out, const char *path,
                      struct err *err)
{
    size_t n;
    if (lua_type(L, -1) != LUA_TSTRING)
        return expected(L, path, "a string", err);
    const char *text = lua_tolstring(L, -1, &n);
    if (n == 0 || n > CONFIG_NAME_MAX || !request_header_valid("x", 1, text, n))
        return err_set(err, "%s must be 1 to %d characters in one line", path,
                       CONFIG_NAME_MAX);
    memcpy(out, text, n + 1);
    return true;
}

static bool read_executor(lua_State *L, const struct executor **out,
                          const char *path, struct err *err)
{
    const char *name =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    *out = executor_find(name);
    if (*out)
        return true;
    char names[256], what[300];
    executor_names(names, sizeof names);
    snprintf(what, sizeof what, "one of %s", names);
    return expected(L, path, what, err);
}

static bool read_trend_stats(lua_State *L, struct trend_stats *out,
                             const char *path, struct err *err)
{
    lua_Integer n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;
    if (n == 0)
        return expected(L, path, "a list of " TREND_STAT_GRAMMAR, err);
    out->n = 0;
    for (lua_Integer i = 1; i <= n; i++) {
        size_t n_text = 0;
        lua_rawgeti(L, -1, i);
        const char *text =
            lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n_text) : "";
        if (!trend_stats_add(out, text, n_text, err))
            return err_prefix(err, "%s: ", path);
        lua_pop(L, 1);
    }
    return true;
}

static bool read_overload(lua_State *L, enum overload *out, const char *path,
                          struct err *err)
{
    const char *name =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    *out = strcmp(name, "drop") == 0 ? OVERLOAD_DROP : OVERLOAD_QUEUE;
    return *out == OVERLOAD_DROP || strcmp(name, "queue") == 0 ||
           expected(L, path, "\"queue\" or \"drop\"", err);
}

/* Push the stage's field, which may be the i-th of a list or have a name. */
static void push_part(lua_State *L, lua_Integer i, const char *name)
{
    if (lua_rawgeti(L, -1, i) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    lua_pushstring(L, name);
    lua_rawget(L, -2);
}

/* { duration, target } or { duration = , target = }, on top of the stack. */
static bool read_stage(lua_State *L, struct stage *stage, const char *path,
                       struct err *err)
{
    char inner[600];
    int64_t target;
    if (!lua_istable(L, -1))
        return expected(L, path, "a table, { duration, target }", err);
    push_part(L, 1, "duration");
    snprintf(inner, sizeof inner, "%s.duration", path);
    if (!read_duration(L, &stage->duration_ns, inner, err))
        return false;
    lua_pop(L, 1);
    push_part(L, 2, "target");
    snprintf(inner, sizeof inner, "%s.target", path);
    if (!read_count(L, 0, &target, inner, err))
        return false;
    lua_pop(L, 1);
    stage->target = (double)target;
    return true;
}

static bool read_stages(lua_State *L, struct stages *stages, const char *path,
                        struct err *err)
{
    lua_Integer n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;
    if (n < 1 || n > STAGES_MAX)
        return err_set(err,
                       "%s must be a list of 1 to %d stages, "
                       "{ duration, target } each",
                       path, STAGES_MAX);
    *stages = (struct stages){0};
    for (lua_Integer i = 1; i <= n; i++) {
        char inner[560];
        snprintf(inner, sizeof inner, "%s[%d]", path, (int)i);
        lua_rawgeti(L, -1, i);
        if (!read_stage(L, &stages->all[stages->n++], inner, err))
            return false;
        lua_pop(L, 1);
    }
    return true;
}

static bool read_variables(lua_State *L, struct variable **out,
                           const char *path, struct err *err)
{
    if (!lua_istable(L, -1))
        return expected(L, path, "a table of strings", err);
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* stack: table, name, value */
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            return err_set(err, "%s: names and values must be strings", path);
        struct variable *variable = calloc(1, sizeof *variable);
        if (!variable)
            return err_set(err, "out of memory");
        variable->next = *out;
        *out = variable;
        variable->name = strdup(lua_tostring(L, -2));
        variable->value = strdup(lua_tostring(L, -1));
        if (!variable->name || !variable->value)
            return err_set(err, "out of memory");
        lua_pop(L, 1);
    }
    return true;
}

static bool read_field(const struct field *field, void *base, lua_State *L,
                       const char *path, struct err *err)
{
    char *at = (char *)base + field->offset;
    switch (field->kind) {
    case FIELD_COUNT:
        return read_count(L, 1, (int64_t *)at, path, err);
    case FIELD_COUNT_FROM_0:
        return read_count(L, 0, (int64_t *)at, path, err);
    case FIELD_DURATION:
        return read_duration(L, (int64_t *)at, path, err);
    case FIELD_TEXT:
        return read_text(L, at, path, err);
    case FIELD_EXECUTOR:
        return read_executor(L, (const struct executor **)at, path, err);
    case FIELD_OVERLOAD:
        return read_overload(L, (enum overload *)at, path, err);
    case FIELD_STAGES:
        return read_stages(L, (struct stages *)at, path, err);
    case FIELD_VARIABLES:
        return read_variables(L, (struct variable **)at, path, err);
    case FIELD_SCENARIOS:
        return read_scenarios(base, L, err);
    case FIELD_PROFILE:
        return profile_options_read((struct profile_options *)at, L, -1, err);
    case FIELD_TAGS:
        return tag_table_read((struct buf *)at, L, -1, path, err);
    case FIELD_THRESHOLDS:
        return thresholds_read((struct thresholds *)at, L, -1, err);
    case FIELD_TREND_STATS:
        return read_trend_stats(L, (struct trend_stats *)at, path, err);
    case FIELD_FLAG:
        if (!lua_isboolean(L, -1))
            return expected(L, path, "true or false", err);
        *(bool *)at = lua_toboolean(L, -1);
        return true;
    }
    return false;
}

static bool is_allowed(const struct field *field,
                       const struct executor *executor)
{
    if (field->common)
        return true;
    for (const char *const *name = executor->options; *name; name++)
        if (strcmp(*name, field->name) == 0)
            return true;
    return false;
}

/* executor: whose options they are; NULL for those of the whole run. */
static bool unknown_option(const char *path, const char *name,
                           const struct field *fields,
                           const struct executor *executor, struct err *err)
{
    struct buf known = BUF_INIT;
    for (; fields->name; fields++)
        if (is_allowed(fields, executor))
            buf_printf(&known, "%s%s", known.len ? ", " : "", fields->name);
    const char *text = buf_cstr(&known);
    err_set(err, "%s: unknown option '%.100s'%s%s; known are: %s", path, name,
            executor ? " of executor " : "", executor ? executor->name : "",
            text ? text : "");
    buf_fini(&known);
    return false;
}

/* The table on top of the stack. */
static bool read_table(const struct field *fields, void *base,
                       const struct executor *executor, const char *path,
                       lua_State *L, struct err *err)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* stack: table, key, value */
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        const struct field *field = fields;
        while (field->name && strcmp(field->name, name) != 0)
            field++;
        if (!field->name || !is_allowed(field, executor))
            return unknown_option(path, name, fields, executor, err);
        char inner[512];
        snprintf(inner, sizeof inner, "%s.%s", path, name);
        if (!read_field(field, base, L, inner, err))
            return false;
        lua_pop(L, 1);
    }
    return true;
}

/* The scenario's table is on top of the stack. */
static bool read_scenario(struct scenario *scenario, const char *path,
                          lua_State *L, struct err *err)
{
    char inner[512];
    if (!lua_istable(L, -1))
        return expected(L, path, "a table", err);
    snprintf(inner, sizeof inner, "%s.executor", path);
    lua_pushliteral(L, "executor");
    lua_rawget(L, -2);
    if (!read_executor(L, &scenario->executor, inner, err))
        return false;
    lua_pop(L, 1);
    return read_table(scenario_fields, scenario, scenario->executor, path, L,
                      err);
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

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct scenario *)a)->name,
                  ((const struct scenario *)b)->name);
}

/* Sorted by name: the order of a Lua table changes from run to run. */
static bool read_scenarios(struct config *config, lua_State *L, struct err *err)
{
    if (!lua_istable(L, -1))
        return expected(L, "options.scenarios", "a table", err);
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* stack: table, name, scenario */
        if (lua_type(L, -2) != LUA_TSTRING)
            return err_set(err, "options.scenarios: a name must be a string");
        if (config->n_scenarios == CONFIG_SCENARIOS_MAX)
            return err_set(err, "options.scenarios: more than %d",
                           CONFIG_SCENARIOS_MAX);
        struct scenario *scenario = &config->scenarios[config->n_scenarios++];
        *scenario = default_scenario;
        snprintf(scenario->name, sizeof scenario->name, "%s",
                 lua_tostring(L, -2));
        char path[256];
        snprintf(path, sizeof path, "options.scenarios.%s", scenario->name);
        if (!read_scenario(scenario, path, L, err))
            return false;
        lua_pop(L, 1);
    }
    qsort(config->scenarios, config->n_scenarios, sizeof *config->scenarios,
          compare_names);
    return true;
}

bool config_read(struct config *config, lua_State *L, int index,
                 struct err *err)
{
    int top = lua_gettop(L);
    lua_pushvalue(L, index);
    bool ok = lua_istable(L, -1)
                  ? read_table(option_fields, config, NULL, "options", L, err)
                  : expected(L, "options", "a table", err);
    lua_settop(L, top);
    return ok;
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

/* One virtual user, once, is what nothing at all makes. */
static void expand_shorthand(struct config *config)
{
    const struct shorthand *given = &config->shorthand;
    struct scenario *scenario = &config->scenarios[0];
    const char *executor = "shared-iterations";
    *scenario = default_scenario;
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
    config->n_scenarios = 1;
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

int64_t config_run_ns(const struct config *config)
{
    int64_t run_ns = 0;
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        const struct scenario *scenario = &config->scenarios[i];
        int64_t end_ns = scenario->start_ns + scenario->duration_ns;
        run_ns = end_ns > run_ns ? end_ns : run_ns;
    }
    return run_ns;
}

/* Does the time alone say when a scenario ends, or may it be through before? */
static bool is_timed(const struct config *config)
{
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        const char *const *name = config->scenarios[i].executor->options;
        while (*name && strcmp(*name, "iterations") != 0)
            name++;
        if (!*name)
            return true;
    }
    return false;
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
                                  !is_timed(config), err);
}
