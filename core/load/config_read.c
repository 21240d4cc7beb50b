/* config_read.c -- the script's `options` table: the names of the options,
 * their types and the fields of struct config and struct scenario that they
 * set. */
#include <lua.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "client/request.h"
#include "load/config.h"
#include "load/executor.h"
#include "load/option_value.h"
#include "script/tag_table.h"

#define REDIRECTS_MAX 1000 /* the same limit as in the params of a request */

enum field_kind {
    FIELD_COUNT,
    FIELD_COUNT_FROM_0,
    FIELD_VUS,
    FIELD_VUS_FROM_0,
    FIELD_REDIRECTS,
    FIELD_DURATION,
    FIELD_LENGTH, /* a duration above 0 */
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

/* One option: its name, its type and the offset of its field. */
struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;
    bool common; /* for a scenario's option: every executor takes it */
};

static const struct field option_fields[] = {
    {"vus", FIELD_VUS, offsetof(struct config, shorthand.vus), true},
    {"duration", FIELD_LENGTH, offsetof(struct config, shorthand.duration_ns),
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
    {"maxRedirects", FIELD_REDIRECTS,
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
    {"vus", FIELD_VUS, offsetof(struct scenario, vus), false},
    {"iterations", FIELD_COUNT, offsetof(struct scenario, iterations), false},
    {"duration", FIELD_DURATION, offsetof(struct scenario, duration_ns), false},
    {"maxDuration", FIELD_LENGTH, offsetof(struct scenario, duration_ns),
     false},
    {"env", FIELD_VARIABLES, offsetof(struct scenario, env), true},
    {"stages", FIELD_STAGES, offsetof(struct scenario, stages), false},
    {"startVUs", FIELD_VUS_FROM_0, offsetof(struct scenario, start_vus), false},
    {"gracefulRampDown", FIELD_DURATION,
     offsetof(struct scenario, graceful_ramp_down_ns), false},
    {"rate", FIELD_COUNT, offsetof(struct scenario, rate), false},
    {"startRate", FIELD_COUNT_FROM_0, offsetof(struct scenario, start_rate),
     false},
    {"timeUnit", FIELD_DURATION, offsetof(struct scenario, time_unit_ns),
     false},
    {"preAllocatedVUs", FIELD_VUS, offsetof(struct scenario, pre_allocated_vus),
     false},
    {"maxVUs", FIELD_VUS, offsetof(struct scenario, max_vus), false},
    {"overload", FIELD_OVERLOAD, offsetof(struct scenario, overload), false},
    {NULL, FIELD_COUNT, 0, false},
};

static bool read_scenarios(struct config *config, lua_State *L,
                           struct err *err);

static bool read_option(const struct field *field, void *base, lua_State *L,
                        const char *path, struct err *err)
{
    char *at = (char *)base + field->offset;
    switch (field->kind) {
    case FIELD_COUNT:
        return option_count(L, 1, OPTION_COUNT_MAX, (int64_t *)at, path, err);
    case FIELD_COUNT_FROM_0:
        return option_count(L, 0, OPTION_COUNT_MAX, (int64_t *)at, path, err);
    case FIELD_VUS:
        return option_count(L, 1, CONFIG_VUS_MAX, (int64_t *)at, path, err);
    case FIELD_VUS_FROM_0:
        return option_count(L, 0, CONFIG_VUS_MAX, (int64_t *)at, path, err);
    case FIELD_REDIRECTS:
        return option_count(L, 0, REDIRECTS_MAX, (int64_t *)at, path, err);
    case FIELD_DURATION:
        return option_duration(L, (int64_t *)at, path, err);
    case FIELD_LENGTH:
        return option_duration(L, (int64_t *)at, path, err) &&
               (*(int64_t *)at > 0 ||
                err_set(err, "%s must be longer than 0s", path));
    case FIELD_TEXT:
        return option_text(L, at, path, err);
    case FIELD_EXECUTOR:
        return option_executor(L, (const struct executor **)at, path, err);
    case FIELD_OVERLOAD:
        return option_overload(L, (enum overload *)at, path, err);
    case FIELD_STAGES:
        return option_stages(L, (struct stages *)at, path, err);
    case FIELD_VARIABLES:
        return option_variables(L, (struct variable **)at, path, err);
    case FIELD_SCENARIOS:
        return read_scenarios(base, L, err);
    case FIELD_PROFILE:
        return profile_options_read((struct profile_options *)at, L, -1, err);
    case FIELD_TAGS:
        return tag_table_read((struct buf *)at, L, -1, path, err);
    case FIELD_THRESHOLDS:
        return thresholds_read((struct thresholds *)at, L, -1, err);
    case FIELD_TREND_STATS:
        return option_trend_stats(L, (struct trend_stats *)at, path, err);
    case FIELD_FLAG:
        if (!lua_isboolean(L, -1))
            return option_expected(L, path, "true or false", err);
        *(bool *)at = lua_toboolean(L, -1);
        return true;
    }
    return false;
}

static bool is_option_of(const struct field *field,
                         const struct executor *executor)
{
    if (field->common)
        return true;
    for (const char *const *name = executor->options; *name; name++)
        if (strcmp(*name, field->name) == 0)
            return true;
    return false;
}

/* Sets err to a message with the options that are known. `executor` is the
 * scenario's executor, or NULL for the options of the run. Returns false. */
static bool unknown_option(const char *path, const char *name,
                           const struct field *fields,
                           const struct executor *executor, struct err *err)
{
    struct buf known = BUF_INIT;
    for (; fields->name; fields++)
        if (is_option_of(fields, executor))
            buf_printf(&known, "%s%s", known.len ? ", " : "", fields->name);
    const char *text = buf_cstr(&known);
    err_set(err, "%s: unknown option '%.100s'%s%s; known are: %s", path, name,
            executor ? " of executor " : "", executor ? executor->name : "",
            text ? text : "");
    buf_fini(&known);
    return false;
}

/* Reads the table on top of the stack into the struct at `base`. */
static bool read_options(const struct field *fields, void *base,
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
        if (!field->name || !is_option_of(field, executor))
            return unknown_option(path, name, fields, executor, err);
        char inner[512];
        snprintf(inner, sizeof inner, "%s.%s", path, name);
        if (!read_option(field, base, L, inner, err))
            return false;
        lua_pop(L, 1);
    }
    return true;
}

/* Reads the scenario's table on top of the stack. The executor comes first,
 * because it decides which other options are allowed. */
static bool read_scenario_options(struct scenario *scenario, const char *path,
                                  lua_State *L, struct err *err)
{
    char inner[512];
    if (!lua_istable(L, -1))
        return option_expected(L, path, "a table", err);
    snprintf(inner, sizeof inner, "%s.executor", path);
    lua_pushliteral(L, "executor");
    lua_rawget(L, -2);
    if (!option_executor(L, &scenario->executor, inner, err))
        return false;
    lua_pop(L, 1);
    return read_options(scenario_fields, scenario, scenario->executor, path, L,
                        err);
}

static int compare_scenarios(const void *a, const void *b)
{
    return strcmp(((const struct scenario *)a)->name,
                  ((const struct scenario *)b)->name);
}

/* Reads the scenario's name, the key below the top of the stack. */
static bool read_name(struct scenario *scenario, lua_State *L, struct err *err)
{
    size_t n;
    if (lua_type(L, -2) != LUA_TSTRING)
        return err_set(err, "options.scenarios: a name must be a string");
    const char *name = lua_tolstring(L, -2, &n);
    if (n == 0 || n > CONFIG_NAME_MAX || !request_header_valid("x", 1, name, n))
        return err_set(err,
                       "options.scenarios: the name '%.*s' must be 1 to %d "
                       "characters in one line",
                       n > 100 ? 100 : (int)n, name, CONFIG_NAME_MAX);
    memcpy(scenario->name, name, n + 1);
    return true;
}

/* Sorts the scenarios by name, because the order of a Lua table changes from
 * run to run. */
static bool read_scenarios(struct config *config, lua_State *L, struct err *err)
{
    if (!lua_istable(L, -1))
        return option_expected(L, "options.scenarios", "a table", err);
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* stack: table, name, scenario */
        struct scenario *scenario = config_add_scenario(config);
        if (!scenario)
            return err_set(err, "options.scenarios: more than %d",
                           CONFIG_SCENARIOS_MAX);
        if (!read_name(scenario, L, err))
            return false;
        char path[256];
        snprintf(path, sizeof path, "options.scenarios.%s", scenario->name);
        if (!read_scenario_options(scenario, path, L, err))
            return false;
        lua_pop(L, 1);
    }
    qsort(config->scenarios, config->n_scenarios, sizeof *config->scenarios,
          compare_scenarios);
    return true;
}

bool config_read(struct config *config, lua_State *L, int index,
                 struct err *err)
{
    int top = lua_gettop(L);
    lua_pushvalue(L, index);
    bool ok = lua_istable(L, -1)
                  ? read_options(option_fields, config, NULL, "options", L, err)
                  : option_expected(L, "options", "a table", err);
    lua_settop(L, top);
    return ok;
}
