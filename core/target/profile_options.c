#include "target/profile_options.h"

#include <inttypes.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "client/url.h"

#define SECOND_NS INT64_C(1000000000)
#define DEFAULT_TOP 10
#define DEFAULT_SECONDS 10
#define DEFAULT_AFTER_NS (10 * SECOND_NS)
#define OPEN_SECONDS 5
#define PROFILE_OVERHEAD_RUN_NS (4 * SECOND_NS)

bool profile_options_any(const struct profile_options *options)
{
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        if (options->wants[id])
            return true;
    return false;
}

/* --- one value, on top of the stack ------------------------------------ */

static bool expected(lua_State *L, const char *field, const char *what,
                     struct err *err)
{
    char got[128];
    if (lua_type(L, -1) == LUA_TSTRING)
        snprintf(got, sizeof got, "'%.100s'", lua_tostring(L, -1));
    else if (lua_type(L, -1) == LUA_TNUMBER)
        snprintf(got, sizeof got, "%.14g", lua_tonumber(L, -1));
    else
        snprintf(got, sizeof got, "a %s", lua_typename(L, lua_type(L, -1)));
    return err_set(err, "options.profile.%s must be %s, got %s", field, what,
                   got);
}

static bool read_whole(lua_State *L, int64_t *out, int64_t most,
                       const char *field, struct err *err)
{
    char what[64];
    int whole = 0;
    lua_Integer value =
        lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &whole) : 0;
    snprintf(what, sizeof what, "a whole number from 1 to %" PRId64, most);
    if (!whole || value < 1 || value > most)
        return expected(L, field, what, err);
    *out = value;
    return true;
}

static bool unknown_kind(const char *name, size_t n, struct err *err)
{
    char names[128];
    profile_kind_names_of_load(names, sizeof names);
    return err_set(err, "unknown kind of profile '%.*s'; known are %s",
                   n > 100 ? 100 : (int)n, name, names);
}

static bool add_kind(struct profile_options *options, const char *name,
                     size_t n, struct err *err)
{
    const struct profile_kind *kind = profile_kind_of_load(name, n);
    if (!kind)
        return unknown_kind(name, n, err);
    options->wants[profile_kind_id(kind)] = true;
    return true;
}

static bool read_kinds(struct profile_options *options, lua_State *L,
                       const char *field, struct err *err)
{
    static const char list[] = "a list such as { \"cpu\", \"heap\" }";
    if (!lua_istable(L, -1) || lua_rawlen(L, -1) == 0)
        return expected(L, field, list, err);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, -1); i++) {
        lua_rawgeti(L, -1, i);
        size_t n = 0;
        if (lua_type(L, -1) != LUA_TSTRING)
            return expected(L, field, list, err);
        const char *name = lua_tolstring(L, -1, &n);
        if (!add_kind(options, name, n, err))
            return err_prefix(err, "options.profile.kinds: ");
        lua_pop(L, 1);
    }
    return true;
}

/* A number is in milliseconds, as in k6. */
static bool read_after(struct profile_options *options, lua_State *L,
                       const char *field, struct err *err)
{
    bool ok = false;
    if (lua_type(L, -1) == LUA_TSTRING) {
        ok = duration_parse(lua_tostring(L, -1), &options->after_ns);
    } else if (lua_type(L, -1) == LUA_TNUMBER) {
        lua_Number ms = lua_tonumber(L, -1);
        if ((ok = ms >= 0 && ms < 1e10))
            options->after_ns = (int64_t)(ms * 1e6);
    }
    return ok || expected(L, field, DURATION_GRAMMAR, err);
}

static bool read_seconds(struct profile_options *options, lua_State *L,
                         const char *field, struct err *err)
{
    return read_whole(L, &options->seconds, PROFILE_SECONDS_MAX, field, err);
}

static bool read_top(struct profile_options *options, lua_State *L,
                     const char *field, struct err *err)
{
    return read_whole(L, &options->top, PROFILE_TOP_MAX, field, err);
}

static bool read_url(struct profile_options *options, lua_State *L,
                     const char *field, struct err *err)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        return expected(L, field, "a URL such as \"http://host:port\"", err);
    return profile_options_url(options, lua_tostring(L, -1), err) ||
           err_prefix(err, "options.profile.%s: ", field);
}

/* --- the table ---------------------------------------------------------- */

static const struct field {
    const char *name;
    bool (*read)(struct profile_options *options, lua_State *L,
                 const char *field, struct err *err);
} fields[] = {
    {"kinds", read_kinds}, {"after", read_after}, {"seconds", read_seconds},
    {"top", read_top},     {"url", read_url},
};
static const size_t n_fields = sizeof fields / sizeof *fields;

/* stack: ..., table, name, value */
static bool read_profile_option(struct profile_options *options, lua_State *L,
                                struct err *err)
{
    const char *name =
        lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
    for (size_t i = 0; i < n_fields; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].read(options, L, name, err);
    return err_set(err,
                   "options.profile: unknown field '%.100s'; known are kinds, "
                   "after, seconds, top, url",
                   name);
}

bool profile_options_read(struct profile_options *options, lua_State *L,
                          int index, struct err *err)
{
    int top = lua_gettop(L);
    lua_pushvalue(L, index);
    bool ok = lua_istable(L, -1) ||
              err_set(err,
                      "options.profile must be a table such as { kinds = "
                      "{ \"cpu\" } }, got a %s",
                      lua_typename(L, lua_type(L, -1)));
    if (ok)
        lua_pushnil(L);
    while (ok && lua_next(L, -2)) {
        ok = read_profile_option(options, L, err);
        lua_settop(L, top + 2);
    }
    lua_settop(L, top);
    if (ok && !profile_options_any(options))
        ok = err_set(err, "options.profile.kinds is missing: a list such as { "
                          "\"cpu\", \"heap\" }");
    return ok;
}

/* --- the command line --------------------------------------------------- */

bool profile_options_kinds(struct profile_options *options, const char *text,
                           struct err *err)
{
    memset(options->wants, 0, sizeof options->wants);
    while (true) {
        size_t n = strcspn(text, ",");
        if (!add_kind(options, text, n, err))
            return false;
        if (text[n] == '\0')
            return true;
        text += n + 1;
    }
}

bool profile_options_url(struct profile_options *options, const char *text,
                         struct err *err)
{
    struct url url;
    size_t n = strlen(text);
    if (n > PROFILE_URL_MAX)
        return err_set(err, "the URL is longer than %d characters",
                       PROFILE_URL_MAX);
    if (!url_parse(&url, text, n, err))
        return false;
    if (memchr(text, '?', n) || memchr(text, '#', n))
        return err_set(err,
                       "invalid URL '%.200s': it must end with the host, "
                       "or a path that /debug/pprof is under",
                       text);
    memcpy(options->url, text, n + 1);
    return true;
}

void profile_options_override(struct profile_options *options,
                              const struct profile_options *with)
{
    if (profile_options_any(with))
        memcpy(options->wants, with->wants, sizeof options->wants);
    if (with->after_ns >= 0)
        options->after_ns = with->after_ns;
    if (with->seconds)
        options->seconds = with->seconds;
    if (with->top)
        options->top = with->top;
    options->overhead = options->overhead || with->overhead;
    if (*with->url)
        strcpy(options->url, with->url);
}

/* --- once the run is known ---------------------------------------------- */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static void fill_in(struct profile_options *options, int64_t run_ns,
                    int64_t sure_ns)
{
    int64_t after_ns = options->after_ns > 0 ? options->after_ns : 0;
    bool is_open =
        after_ns >= sure_ns || (after_ns > 0 && after_ns + SECOND_NS > sure_ns);
    if (!is_open)
        run_ns = sure_ns;
    if (!options->top)
        options->top = DEFAULT_TOP;
    if (!options->seconds) {
        int64_t half = (run_ns - after_ns) / 2 / SECOND_NS;
        options->seconds = least(is_open ? OPEN_SECONDS : DEFAULT_SECONDS,
                                 half > 1 ? half : 1);
    }
    if (options->after_ns < 0) {
        int64_t spare_ns = run_ns - options->seconds * SECOND_NS;
        options->after_ns =
            is_open || spare_ns < 0 ? 0 : least(DEFAULT_AFTER_NS, spare_ns / 2);
    }
}

static bool check_overhead(int64_t run_ns, struct err *err)
{
    return run_ns >= PROFILE_OVERHEAD_RUN_NS ||
           err_set(err,
                   "profile overhead: a run of %.4g s is too short; windows "
                   "with a profile and without one need %.4g s",
                   (double)run_ns / 1e9, (double)PROFILE_OVERHEAD_RUN_NS / 1e9);
}

bool profile_options_finish(struct profile_options *options, int64_t run_ns,
                            int64_t sure_ns, struct err *err)
{
    if (options->overhead && profile_options_any(options))
        return err_set(err, "profile: --profile-overhead takes profiles of its "
                            "own, and the script asks for others, by "
                            "options.profile or a threshold");
    if (options->overhead)
        return check_overhead(run_ns, err);
    if (!profile_options_any(options))
        return (options->after_ns < 0 && !options->seconds && !options->top &&
                !*options->url) ||
               err_set(err, "no kinds of profiles are given: name them with "
                            "--profile or options.profile.kinds");
    fill_in(options, run_ns, sure_ns);
    int64_t end_ns = options->after_ns + options->seconds * SECOND_NS;
    return end_ns <= run_ns ||
           err_set(err,
                   "profile: %" PRId64 " s that begin after %.4g s do not fit "
                   "into a run of %.4g s",
                   options->seconds, (double)options->after_ns / 1e9,
                   (double)run_ns / 1e9);
}
