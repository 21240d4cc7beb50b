#include "cli/load_arguments.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "cli/options.h"
#include "record/profile_kind.h"

#define RATE_MAX 10000000

enum {
    OPTION_SUMMARY_EXPORT = 256,
    OPTION_SUMMARY_TREND_STATS,
    OPTION_SKIP_TLS_VERIFY,
    OPTION_OUT_DIR,
    OPTION_PROFILE,
    OPTION_PROFILE_AFTER,
    OPTION_PROFILE_SECONDS,
    OPTION_PROFILE_TOP,
    OPTION_PROFILE_URL,
    OPTION_PROFILE_OVERHEAD,
};

static char out_help[512];     /* filled in from the list of outputs */
static char profile_help[256]; /* filled in from the list of kinds */

static const struct argp_option options[] = {
    {"vus", 'u', "N", 0, "Virtual users", 0},
    {"duration", 'd', "TIME", 0, "Duration of the load: 10s, 1m30s, 500ms", 0},
    {"iterations", 'i', "N", 0,
     "Number of iterations, shared by the virtual users", 0},
    {"rate", 'R', "N", 0,
     "Begin N iterations per second, however fast they end (an open model); "
     "-u is then the maximum that may run at once (100)",
     0},
    {"stage", 's', "TIME:N", 0,
     "Ramp to N virtual users in this time; may be repeated", 0},
    {"threads", 't', "N", 0, "Number of threads that run the virtual users", 0},
    {"env", 'e', "NAME=VALUE", 0, "Set NAME in the script's loadtest.env", 0},
    {"insecure-skip-tls-verify", OPTION_SKIP_TLS_VERIFY, NULL, 0,
     "Accept any certificate", 0},
    {"quiet", 'q', NULL, 0, "Show no live view on stderr", 0},
    {"out", 'o', "KIND=FILE", 0, out_help, 2},
    {"summary-export", OPTION_SUMMARY_EXPORT, "FILE", 0,
     "Short for -o summary=FILE", 2},
    {"summary-trend-stats", OPTION_SUMMARY_TREND_STATS, "STAT,...", 0,
     "Columns of the summary's times: " TREND_STAT_GRAMMAR, 2},
    {"out-dir", OPTION_OUT_DIR, "DIR", 0,
     "Folder of the files whose names have no folder, and of the profiles, "
     "KIND.pb.gz (.)",
     2},
    {"profile", OPTION_PROFILE, "KIND,...", 0, profile_help, 1},
    {"profile-after", OPTION_PROFILE_AFTER, "TIME", 0,
     "Begin the profiles this long after the start of the load", 1},
    {"profile-seconds", OPTION_PROFILE_SECONDS, "N", 0,
     "Length of the profiles in seconds (10, or half of the load); they are "
     "taken in the middle of the load unless --profile-after is given",
     1},
    {"profile-top", OPTION_PROFILE_TOP, "N", 0,
     "Number of functions shown of each profile (10)", 1},
    {"profile-url", OPTION_PROFILE_URL, "URL", 0,
     "Address of /debug/pprof, if it differs from that of the first request",
     1},
    {"profile-overhead", OPTION_PROFILE_OVERHEAD, NULL, 0,
     "Take no profiles for the report: switch the target's CPU profiler on and "
     "off in turn, and report what it costs. Needs 4 s, and 15 s for an "
     "interval",
     1},
    {0},
};

static void add_variable(struct argp_state *state,
                         struct load_arguments *arguments, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        argp_error(state, "--env must be NAME=VALUE, got '%s'", text);
    if (arguments->n_env == LOAD_ENV_MAX)
        argp_error(state, "more than %d times --env", LOAD_ENV_MAX);
    arguments->env[arguments->n_env++] = text;
}

/* Parses a stage such as "10s:50". */
static void add_stage(struct argp_state *state, struct stages *stages,
                      const char *text)
{
    char duration[64];
    const char *colon = strchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : 0;
    if (stages->n == STAGES_MAX)
        argp_error(state, "more than %d times --stage", STAGES_MAX);
    struct stage *stage = &stages->all[stages->n++];
    if (n < sizeof duration) {
        memcpy(duration, text, n);
        duration[n] = '\0';
    }
    if (n >= sizeof duration || !duration_parse(duration, &stage->duration_ns))
        argp_error(state, "--stage must be TIME:N, such as 10s:50, got '%s'",
                   text);
    stage->target =
        (double)options_integer(state, "--stage", colon + 1, 0, CONFIG_VUS_MAX);
}

static error_t parse_profile(int key, const char *text,
                             struct argp_state *state)
{
    struct load_arguments *arguments = state->input;
    struct profile_options *profile = &arguments->profile;
    struct err err = {""};
    switch (key) {
    case OPTION_PROFILE:
        if (!profile_options_kinds(profile, text, &err))
            argp_error(state, "--profile: %s", err.message);
        return 0;
    case OPTION_PROFILE_AFTER:
        if (!duration_parse(text, &profile->after_ns))
            argp_error(state, "--profile-after must be %s, got '%s'",
                       DURATION_GRAMMAR, text);
        return 0;
    case OPTION_PROFILE_SECONDS:
        profile->seconds = options_integer(state, "--profile-seconds", text, 1,
                                           PROFILE_SECONDS_MAX);
        return 0;
    case OPTION_PROFILE_TOP:
        profile->top =
            options_integer(state, "--profile-top", text, 1, PROFILE_TOP_MAX);
        return 0;
    case OPTION_PROFILE_URL:
        if (!profile_options_url(profile, text, &err))
            argp_error(state, "--profile-url: %s", err.message);
        return 0;
    case OPTION_PROFILE_OVERHEAD:
        profile->overhead = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_output(int key, const char *text, struct argp_state *state)
{
    struct load_arguments *arguments = state->input;
    struct err err = {""};
    char spec[OUTPUT_PATH_MAX + 16];
    switch (key) {
    case 'o':
        if (!outputs_add(&arguments->outputs, text, &err))
            argp_error(state, "--out: %s", err.message);
        return 0;
    case OPTION_SUMMARY_EXPORT:
        snprintf(spec, sizeof spec, "summary=%s", text);
        if (!outputs_add(&arguments->outputs, spec, &err))
            argp_error(state, "--summary-export: %s", err.message);
        return 0;
    case OPTION_SUMMARY_TREND_STATS:
        if (!trend_stats_parse(&arguments->trend_stats, text, &err))
            argp_error(state, "--summary-trend-stats: %s", err.message);
        return 0;
    case OPTION_OUT_DIR:
        if (!*text)
            argp_error(state, "--out-dir must be a folder, got ''");
        arguments->out_dir = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void check_profile_options(struct argp_state *state,
                                  const struct profile_options *profile)
{
    if (profile->overhead &&
        (profile_options_any(profile) || profile->seconds || profile->top ||
         profile->after_ns >= 0))
        argp_error(state, "--profile-overhead takes profiles of its own: give "
                          "either it, or --profile and its options");
}

static void set_load_target(struct argp_state *state,
                            struct load_arguments *arguments, const char *text)
{
    if (arguments->target)
        argp_error(state, "one script or URL expected, got '%s' too", text);
    if (!*text)
        argp_error(state, "a script or a URL expected, got ''");
    if (strcmp(text, "compare") == 0)
        argp_error(state, "compare must come first, without the options of a "
                          "load: perilune load compare A.json B.json");
    arguments->target = text;
}

static error_t parse_load_option(int key, char *text, struct argp_state *state)
{
    struct load_arguments *arguments = state->input;
    struct shorthand *shorthand = &arguments->shorthand;
    switch (key) {
    case 'u':
        shorthand->vus =
            options_integer(state, "--vus", text, 1, CONFIG_VUS_MAX);
        return 0;
    case 'd':
        if (!duration_parse(text, &shorthand->duration_ns) ||
            shorthand->duration_ns == 0)
            argp_error(state, "--duration must be %s, got '%s'",
                       DURATION_GRAMMAR, text);
        return 0;
    case 'i':
        shorthand->iterations =
            options_integer(state, "--iterations", text, 1, LONG_MAX);
        return 0;
    case 'R':
        shorthand->rate = options_integer(state, "--rate", text, 1, RATE_MAX);
        return 0;
    case 's':
        add_stage(state, &shorthand->stages, text);
        return 0;
    case 't':
        arguments->threads =
            options_integer(state, "--threads", text, 1, CONFIG_THREADS_MAX);
        return 0;
    case 'e':
        add_variable(state, arguments, text);
        return 0;
    case OPTION_SKIP_TLS_VERIFY:
        arguments->skip_tls_verify = true;
        return 0;
    case 'q':
        arguments->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        set_load_target(state, arguments, text);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a script or a URL expected");
        return 0;
    case ARGP_KEY_END:
        check_profile_options(state, &arguments->profile);
        return 0;
    default:
        return parse_output(key, text, state) == 0
                   ? 0
                   : parse_profile(key, text, state);
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse_load_option,
    .args_doc = "SCRIPT.lua | URL\ncompare A.json B.json",
    .doc = "Put load on a server and report the results in k6's layout.\v"
           "SCRIPT.lua returns a table with the function `default`, which a "
           "virtual user runs again and again, and `options`. A URL is "
           "requested without a script, by 10 virtual users for 10 s unless "
           "told otherwise.\n\n"
           "Exit codes: 0 fine, 1 an output could not be written, 2 wrong "
           "usage, 99 a threshold was crossed, 100 or 101 setup or teardown "
           "took too long, 104 wrong options or script, 105 stopped by a "
           "signal, 107 the script failed, 108 aborted by the script.",
};

static void describe_profile(char *out, size_t size)
{
    char names[128];
    profile_kind_names_of_load(names, sizeof names);
    snprintf(out, size, "Take profiles of the target during the load: %s",
             names);
}

void load_arguments_parse(struct load_arguments *arguments, int argc,
                          char **argv)
{
    *arguments = (struct load_arguments){.profile = PROFILE_OPTIONS_INIT};
    outputs_init(&arguments->outputs);
    outputs_describe(out_help, sizeof out_help);
    describe_profile(profile_help, sizeof profile_help);
    options_parse(&argp, argc, argv, 0, arguments);
}

void load_arguments_fini(struct load_arguments *arguments)
{
    outputs_fini(&arguments->outputs);
}
