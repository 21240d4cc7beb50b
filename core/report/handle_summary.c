#include "report/handle_summary.h"

#include <lauxlib.h>
#include <lua.h>

#include "load/config.h"
#include "load/generator.h"
#include "measure/results.h"
#include "report/summary.h"
#include "load/vu_script.h"
#include "script/call.h"

struct handling {
    struct generator *generator;
    const struct report *report;
    const struct buf *text;
    summary_text_fn take;
    void *ctx;
};

static void set_number(lua_State *L, const char *name, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

static void set_text(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

/* --- metrics: { type, contains, values, thresholds } --------------------- */

static void push_values(lua_State *L, const struct report *report,
                        const struct metric *metric)
{
    const struct trend_stats *stats = &report->config->trend_stats;
    double all = (double)metric->count;
    lua_newtable(L);
    switch (metric->kind) {
    case METRIC_COUNTER:
        set_number(L, "count", metric->sum);
        set_number(L, "rate", summary_rate(report->results, metric->sum));
        break;
    case METRIC_GAUGE:
        set_number(L, "value", metric->last);
        set_number(L, "min", metric->least);
        set_number(L, "max", metric->greatest);
        break;
    case METRIC_RATE:
        set_number(L, "rate", all > 0 ? metric->sum / all : 0);
        set_number(L, "passes", metric->sum);
        set_number(L, "fails", all - metric->sum);
        break;
    case METRIC_TREND:
        for (unsigned i = 0; i < stats->n; i++)
            set_number(L, stats->all[i].name,
                       trend_stat_value(&stats->all[i], &metric->values));
        break;
    }
}

static void push_k6_thresholds(lua_State *L, const struct metric_thresholds *of)
{
    lua_newtable(L);
    for (unsigned i = 0; i < of->n; i++) {
        lua_newtable(L);
        lua_pushboolean(L, !of->all[i].failed);
        lua_setfield(L, -2, "ok");
        lua_setfield(L, -2, of->all[i].text);
    }
}

static void push_k6_metric(lua_State *L, const struct report *report,
                           const struct metric *metric)
{
    const struct metric_thresholds *of =
        thresholds_of(&report->config->thresholds, metric_title(metric));
    lua_newtable(L);
    set_text(L, "type", metric_kind_names[metric->kind]);
    set_text(L, "contains", metric_unit_names[metric->unit]);
    push_values(L, report, metric);
    lua_setfield(L, -2, "values");
    if (!of)
        return;
    push_k6_thresholds(L, of);
    lua_setfield(L, -2, "thresholds");
}

static void push_k6_metrics(lua_State *L, const struct report *report)
{
    const struct metrics *metrics = &report->results->metrics;
    lua_newtable(L);
    for (unsigned i = 0; i < metrics->n; i++) {
        const struct metric *metric = metrics->all[i];
        if (!metric->used && !metric_is_asked_for(metric))
            continue;
        push_k6_metric(L, report, metric);
        lua_setfield(L, -2, metric_title(metric));
    }
}

/* --- groups: { name, path, groups, checks } ------------------------------ */

static void push_k6_checks(lua_State *L, const struct checks *checks,
                           uint32_t group, const char *path)
{
    lua_Integer n = 0;
    lua_newtable(L);
    for (uint32_t i = 0; i < checks->n_checks; i++) {
        const struct check *check = &checks->checks[i];
        if (check->group != group)
            continue;
        lua_newtable(L);
        set_text(L, "name", check->name);
        lua_pushfstring(L, "%s::%s", path, check->name);
        lua_setfield(L, -2, "path");
        set_number(L, "passes", (double)check->n_passed);
        set_number(L, "fails", (double)check->n_failed);
        lua_rawseti(L, -2, ++n);
    }
}

static void push_k6_group(lua_State *L, const struct checks *checks,
                          uint32_t group, const char *path)
{
    lua_Integer n = 0;
    luaL_checkstack(L, 10, "groups within groups");
    lua_newtable(L);
    set_text(L, "name", checks->groups[group].name);
    set_text(L, "path", path);
    push_k6_checks(L, checks, group, path);
    lua_setfield(L, -2, "checks");
    lua_newtable(L);
    for (uint32_t i = CHECKS_ROOT + 1; i < checks->n_groups; i++) {
        if (checks->groups[i].parent != group)
            continue;
        const char *inner =
            lua_pushfstring(L, "%s::%s", path, checks->groups[i].name);
        push_k6_group(L, checks, i,
                      inner); /* stack: ..., groups, path, group */
        lua_rawseti(L, -3, ++n);
        lua_pop(L, 1);
    }
    lua_setfield(L, -2, "groups");
}

/* --- the call ------------------------------------------------------------ */

static void push_data(lua_State *L, const struct handling *handling)
{
    const struct report *report = handling->report;
    const struct results *results = report->results;
    lua_newtable(L);
    push_k6_metrics(L, report);
    lua_setfield(L, -2, "metrics");
    push_k6_group(L, &results->checks, CHECKS_ROOT, "");
    lua_setfield(L, -2, "root_group");
    lua_newtable(L);
    set_number(L, "testRunDurationMs",
               (double)(results->end_ns - results->start_ns) / 1e6);
    lua_setfield(L, -2, "state");
    lua_pushlstring(L, handling->text->data, handling->text->len);
    lua_setfield(L, -2, "text");
}

/* stack: ..., table */
static void check_texts(lua_State *L)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "names and texts must be strings, got %s = %s",
                       luaL_typename(L, -2), luaL_typename(L, -1));
        lua_pop(L, 1);
    }
}

/* stack: ..., name, text */
static void take_text(lua_State *L, const struct handling *handling)
{
    struct buf text = BUF_INIT;
    size_t n;
    const char *bytes = lua_tolstring(L, -1, &n);
    buf_append(&text, bytes, n);
    handling->take(handling->ctx, lua_tostring(L, -2), &text);
    buf_fini(&text);
}

/* Runs protected. stack: handling */
static int handle(lua_State *L)
{
    const struct handling *handling = lua_touserdata(L, 1);
    vu_script_push_field(handling->generator, L, "handleSummary");
    push_data(L, handling);
    lua_callk(L, 1, 1, 0, NULL);
    if (!lua_istable(L, -1))
        return luaL_error(L,
                          "it must return a table of texts, by `stdout`, "
                          "`stderr` or names of files, got %s",
                          luaL_typename(L, -1));
    check_texts(L);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        take_text(L, handling);
        lua_pop(L, 1);
    }
    return 0;
}

bool handle_summary_exists(struct generator *generator)
{
    return generator->L && vu_script_has(generator, "handleSummary");
}

bool handle_summary_call(struct generator *generator,
                         const struct report *report, const struct buf *text,
                         summary_text_fn take, void *ctx, struct err *err)
{
    struct handling handling = {generator, report, text, take, ctx};
    lua_State *L = generator->L;
    if (text->failed)
        return err_set(err, "out of memory");
    lua_pushcfunction(L, handle);
    lua_pushlightuserdata(L, &handling);
    return script_call(L, 1, 0, err) || err_prefix(err, "handleSummary: ");
}
