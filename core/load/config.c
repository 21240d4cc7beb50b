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
#include "script/tag_table.h"

#define SECOND_NS INT64_C(1000000000)
#define GRACEFUL_STOP_NS (30 * SECOND_NS)
#define MAX_DURATION_NS (600 * SECOND_NS)

enum field_kind {
    FIELD_COUNT,
    FIELD_DURATION,
    FIELD_TEXT,
    FIELD_FLAG,
    FIELD_EXECUTOR,
    FIELD_SCENARIOS,
    FIELD_TAGS,
    FIELD_THRESHOLDS,
    FIELD_TREND_STATS
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
    {"scenarios", FIELD_SCENARIOS, 0, true},
    {"tags", FIELD_TAGS, offsetof(struct config, tags), true},
    {"thresholds", FIELD_THRESHOLDS, offsetof(struct config, thresholds), true},
    {"summaryTrendStats", FIELD_TREND_STATS,
     offsetof(struct config, trend_stats), true},
    {"discardResponseBodies", FIELD_FLAG,
     offsetof(struct config, discard_bodies), true},
    {"userAgent", FIELD_TEXT, offsetof(struct config, user_agent), true},
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
    {NULL, FIELD_COUNT, 0, false},
};

static bool read_scenarios(struct config *config, lua_State *L,
                           struct err *err);

void config_init(struct config *config)
{
    *config = (struct config){.trend_stats = trend_stats_default};
    snprintf(config->user_agent, sizeof config->user_agent, "%s",
             REQUEST_USER_AGENT);
}

static void drop_scenarios(struct config *config)
{
    for (unsigned i = 0; i < config->n_scenarios; i++)
        buf_fini(&config->scenarios[i].tags);
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

static bool read_count(lua_State *L, int64_t *out, const char *path,
                       struct err *err)
{
    int whole;
    lua_Integer value = lua_tointegerx(L, -1, &whole);
    if (lua_type(L, -1) != LUA_TNUMBER || !whole || value < 1)
        return expected(L, path, "a whole number from 1", err);
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

static bool read_field(const struct field *field, void *base, lua_State *L,
                       const char *path, struct err *err)
{
    char *at = (char *)base + field->offset;
    switch (field->kind) {
    case FIELD_COUNT:
        return read_count(L, (int64_t *)at, path, err);
    case FIELD_DURATION:
        return read_duration(L, (int64_t *)at, path, err);
    case FIELD_TEXT:
        return read_text(L, at, path, err);
    case FIELD_EXECUTOR:
        return read_executor(L, (const struct executor **)at, path, err);
    case FIELD_SCENARIOS:
        return read_scenarios(base, L, err);
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

void config_override(struct config *config, const struct shorthand *with)
{
    struct shorthand *mine = &config->shorthand;
    if (with->vus || with->duration_ns || with->iterations)
        drop_scenarios(config);
    if (with->vus)
        mine->vus = with->vus;
    if (with->duration_ns || with->iterations) {
        mine->duration_ns = with->duration_ns;
        mine->iterations = with->iterations;
    }
}

static void expand_shorthand(struct config *config)
{
    const struct shorthand *given = &config->shorthand;
    struct scenario *scenario = &config->scenarios[0];
    *scenario = default_scenario;
    if (given->vus)
        scenario->vus = given->vus;
    scenario->duration_ns = given->duration_ns;
    if (given->duration_ns && !given->iterations) {
        scenario->executor = executor_find("constant-vus");
    } else {
        scenario->executor = executor_find("shared-iterations");
        scenario->iterations = given->iterations ? given->iterations : 1;
    }
    if (!given->duration_ns && !given->iterations && given->vus > 1) {
        log_write(LOG_WARN, "vus_ignored",
                  LOG_FIELDS(log_text(
                      "reason", "vus works with a duration or iterations")));
        scenario->vus = 1;
    }
    config->n_scenarios = 1;
}

bool config_finish(struct config *config, struct err *err)
{
    const struct shorthand *given = &config->shorthand;
    int64_t vus = 0;
    if (config->n_scenarios == 0)
        expand_shorthand(config);
    else if (given->vus || given->duration_ns || given->iterations)
        return err_set(err, "options: give either scenarios, or vus, duration "
                            "and iterations");
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
    return true;
}
