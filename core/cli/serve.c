/* serve.c -- perilune serve [DIR]: serves DIR/routes.lua over HTTP.
 *
 * Path: [serve] -> serve/server.c
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "export/catalog.h"
#include "http/address.h"
#include "sample/session/sampler.h"
#include "record/profile_kind.h"
#include "serve/server.h"
#include "sample/hooks/contention.h"
#include "sample/tables/heap.h"
#include "sample/walk/attach.h"
#include "sample/walk/vm_stack.h"
#include "sample/walk/sample.h"

#define MAX_WORKERS 1024
#define MAX_IDLE_SECONDS 86400

/* The command line. Texts are copied, because an option may come from the
 * environment. */
struct arguments {
    char address[256];
    char admin_address[256];
    char dir[4096];
    char exporters[4096];
    int workers;
    unsigned max_connections;
    unsigned idle_seconds;
    bool dev;
    bool no_watch;
    bool access_log;
    bool trust_baggage;
};

enum {
    OPTION_LISTEN = 'l',
    OPTION_WORKERS = 'w',
    OPTION_DEV = 256,
    OPTION_EXPORTERS,
    OPTION_HEAP_RATE,
    OPTION_NO_WATCH,
    OPTION_ADMIN,
    OPTION_TRUST_BAGGAGE,
    OPTION_ACCESS_LOG,
    OPTION_LOG_FORMAT,
    OPTION_LOG_LEVEL,
    OPTION_MAX_CONNECTIONS,
    OPTION_IDLE_TIMEOUT,
    OPTION_BLOCK_RATE,
    OPTION_MUTEX_FRACTION,
    OPTION_MAX_DEPTH
};

static const struct argp_option options[] = {
    {"listen", OPTION_LISTEN, "HOST:PORT", 0,
     "Listen on this address (127.0.0.1:8080, or the port in PORT)", 0},
    {"admin", OPTION_ADMIN, "HOST:PORT", 0,
     "Serve /debug/, /healthz and /metrics, and nothing else, on this "
     "address too",
     0},
    {"workers", OPTION_WORKERS, "N", 0,
     "Number of threads that run Lua (one per core)", 0},
    {"max-connections", OPTION_MAX_CONNECTIONS, "N", 0,
     "Refuse connections beyond N with 503 (the limit of descriptors)", 0},
    {"idle-timeout", OPTION_IDLE_TIMEOUT, "SECONDS", 0,
     "Close a connection that is silent for this long (60)", 0},
    {"dev", OPTION_DEV, NULL, 0,
     "For development: send the traceback of an error to the client too", 0},
    {"no-watch", OPTION_NO_WATCH, NULL, 0,
     "Reload the scripts on SIGHUP only, not when they change", 0},
    {"access-log", OPTION_ACCESS_LOG, NULL, 0,
     "Log a line for each request that a worker ends", 0},
    {"trust-baggage", OPTION_TRUST_BAGGAGE, NULL, 0,
     "Let clients label the samples of their requests, by the header baggage",
     0},
    {"log-format", OPTION_LOG_FORMAT, "logfmt|json", 0,
     "Format of the log (logfmt)", 0},
    {"log-level", OPTION_LOG_LEVEL, "debug|info|warn|error", 0,
     "Leave out log lines below this level (info)", 0},
    {"exporters", OPTION_EXPORTERS, "DIR", 0,
     "Look for profile exporters in DIR too", 0},
    {"heap-rate", OPTION_HEAP_RATE, "BYTES", 0,
     "Sample memory once per so many allocated bytes, on average (524288); "
     "0 means never",
     0},
    {"block-rate", OPTION_BLOCK_RATE, "NANOSECONDS", 0,
     "Record all waits for locks and channels that are longer than this, and "
     "a fair share of shorter waits (10000); 0 means none",
     0},
    {"mutex-fraction", OPTION_MUTEX_FRACTION, "N", 0,
     "Record one in N unlocks that others waited for (1); 0 means none", 0},
    {"max-depth", OPTION_MAX_DEPTH, "N", 0,
     "Number of Lua frames kept of a profiled stack (128)", 0},
    {0},
};

static void copy_argument(struct argp_state *state, const char *what, char *out,
                          size_t size, const char *text)
{
    if (strlen(text) >= size)
        argp_error(state, "%s is too long", what);
    snprintf(out, size, "%s", text);
}

/* Returns the position of `text` in the words, which end with NULL. Ends the
 * program by argp_error if it is not there. */
static int one_of(struct argp_state *state, const char *option,
                  const char *text, const char *const *words, const char *all)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    argp_error(state, "%s must be %s, got '%s'", option, all, text);
    return 0;
}

/* Parses the options of the profilers. */
static error_t parse_profiling(int key, const char *text,
                               struct argp_state *state)
{
    switch (key) {
    case OPTION_HEAP_RATE:
        heap_set_rate(
            (size_t)options_integer(state, "--heap-rate", text, 0, INT32_MAX));
        return 0;
    case OPTION_BLOCK_RATE:
        contention_set_block_rate(
            options_integer(state, "--block-rate", text, 0, INT32_MAX));
        return 0;
    case OPTION_MUTEX_FRACTION:
        contention_set_mutex_fraction(
            options_integer(state, "--mutex-fraction", text, 0, INT32_MAX));
        return 0;
    case OPTION_MAX_DEPTH:
        vm_stack_set_max_depth((unsigned)options_integer(
            state, "--max-depth", text, 1, SAMPLE_MAX_LUA));
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static error_t parse_serve_option(int key, char *text, struct argp_state *state)
{
    struct arguments *a = state->input;
    static const char *const formats[] = {"logfmt", "json", NULL};
    static const char *const levels[] = {"debug", "info", "warn", "error",
                                         NULL};
    struct err err;
    switch (key) {
    case OPTION_LISTEN:
        if (!address_check(text, &err))
            argp_error(state, "--listen: %s", err.message);
        copy_argument(state, "--listen", a->address, sizeof a->address, text);
        return 0;
    case OPTION_ADMIN:
        if (!address_check(text, &err))
            argp_error(state, "--admin: %s", err.message);
        copy_argument(state, "--admin", a->admin_address,
                      sizeof a->admin_address, text);
        return 0;
    case OPTION_WORKERS:
        a->workers =
            (int)options_integer(state, "--workers", text, 1, MAX_WORKERS);
        return 0;
    case OPTION_ACCESS_LOG:
        a->access_log = true;
        return 0;
    case OPTION_TRUST_BAGGAGE:
        a->trust_baggage = true;
        return 0;
    case OPTION_LOG_FORMAT:
        log_set_format((enum log_format)one_of(state, "--log-format", text,
                                               formats, "logfmt or json"));
        return 0;
    case OPTION_LOG_LEVEL:
        log_set_level((enum log_level)one_of(state, "--log-level", text, levels,
                                             "debug, info, warn or error"));
        return 0;
    case OPTION_MAX_CONNECTIONS:
        a->max_connections = (unsigned)options_integer(
            state, "--max-connections", text, 1, INT32_MAX);
        return 0;
    case OPTION_IDLE_TIMEOUT:
        a->idle_seconds = (unsigned)options_integer(state, "--idle-timeout",
                                                    text, 1, MAX_IDLE_SECONDS);
        return 0;
    case OPTION_DEV:
        a->dev = true;
        return 0;
    case OPTION_NO_WATCH:
        a->no_watch = true;
        return 0;
    case OPTION_EXPORTERS:
        if (access(text, R_OK | X_OK) != 0)
            argp_error(state, "--exporters: cannot read the folder '%s': %s",
                       text, strerror(errno));
        copy_argument(state, "--exporters", a->exporters, sizeof a->exporters,
                      text);
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one DIR at most, got '%s' too", text);
        copy_argument(state, "DIR", a->dir, sizeof a->dir, text);
        return 0;
    case ARGP_KEY_END:
        if (*a->address)
            return 0;
        text = getenv("PORT");
        snprintf(a->address, sizeof a->address, "127.0.0.1:%s",
                 text && *text ? text : "8080");
        if (!address_check(a->address, &err))
            argp_error(state, "PORT must be from 0 to 65535, got '%s'", text);
        return 0;
    }
    return parse_profiling(key, text, state);
}

static const struct argp argp = {
    .options = options,
    .parser = parse_serve_option,
    .args_doc = "[DIR]",
    .doc = "Serve the routes of DIR/routes.lua (lua/routes.lua) over HTTP, "
           "with profiles of the running process at /debug/pprof/.\v"
           "Each long option can be given by the environment too: "
           "PERILUNE_LISTEN, PERILUNE_WORKERS, ...",
};

static bool has_routes(const char *dir)
{
    char path[sizeof((struct arguments){0}.dir) + sizeof "/routes.lua"];
    snprintf(path, sizeof path, "%s/routes.lua", dir);
    return access(path, R_OK) == 0;
}

int command_serve(int argc, char **argv)
{
    struct arguments a = {.dir = "lua", .idle_seconds = 60};
    options_parse(&argp, argc, argv, 0, &a);

    const char *const exporter_dirs[] = {
        catalog_default_dir(), *a.exporters ? a.exporters : NULL, NULL};
    const struct server_options server = {
        .address = a.address,
        .admin_address = *a.admin_address ? a.admin_address : NULL,
        .n_workers = a.workers ? a.workers : (int)uv_available_parallelism(),
        .max_connections = a.max_connections,
        .idle_seconds = a.idle_seconds,
        .dev = a.dev,
        .watches = !a.no_watch,
        .logs_access = a.access_log,
        .trusts_baggage = a.trust_baggage,
        .dir = a.dir,
        .exporter_dirs = exporter_dirs,
    };
    struct err err = {0};
    enum server_result result = SERVER_FAILED;
    if (sampler_init(&err) && attach_thread(NULL, &err)) {
        profile_kinds_prepare();
        result = server_run(&server, &err);
        if (result == SERVER_ABANDONED)
            _exit(0);
        detach_thread();
    }
    if (result == SERVER_STOPPED)
        return 0;
    fprintf(stderr, "perilune: %s\n", err.message);
    if (!has_routes(a.dir))
        fprintf(stderr, "Give the folder of your routes.lua: "
                        "`perilune serve DIR'.\n");
    return EXIT_FAILED;
}
