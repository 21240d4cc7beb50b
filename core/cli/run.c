/* run.c -- perilune run: a Lua script under the profilers. */
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/export_profile.h"
#include "cli/options.h"
#include "cli/run_profiles.h"
#include "export/host.h"
#include "export/module_proto.h"
#include "modules/modules.h"
#include "sample/session/sampler.h"
#include "sample/tables/heap.h"
#include "sample/walk/attach.h"
#include "sample/walk/vm_stack.h"
#include "sample/walk/sample.h"
#include "script/state.h"

struct run_options {
    struct run_profiles_options profiles;
    char **script; /* its name, then its arguments */
    int n_script;
};

enum { OPTION_HEAP = 256, OPTION_HEAP_RATE };

static const struct argp_option options[] = {
    {"cpu", 'c', "FILE", 0, "write a CPU profile of the run to FILE", 0},
    {"heap", OPTION_HEAP, "FILE", 0,
     "write a profile of the run's memory to FILE", 0},
    {"heap-rate", OPTION_HEAP_RATE, "BYTES", 0,
     "one sample in so many bytes allocated, on average (524288); 0: none", 0},
    {"to", 't', "FORMAT", 0,
     "the profiles' format (pprof); see 'perilune exporters'", 0},
    {"rate", 'r', "HZ", 0, "samples per second of CPU time wished (100)", 0},
    {"max-depth", 'm', "N", 0, "Lua frames kept of a stack (128)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct run_options *o = state->input;
    switch (key) {
    case 'c':
        o->profiles.cpu = arg;
        return 0;
    case OPTION_HEAP:
        o->profiles.heap = arg;
        return 0;
    case OPTION_HEAP_RATE:
        heap_set_rate(
            (size_t)options_integer(state, "--heap-rate", arg, 0, INT32_MAX));
        return 0;
    case 't':
        o->profiles.format = arg;
        return 0;
    case 'r':
        o->profiles.rate_hz =
            (int)options_integer(state, "--rate", arg, 1, 10000);
        return 0;
    case 'm':
        vm_stack_set_max_depth((unsigned)options_integer(
            state, "--max-depth", arg, 1, SAMPLE_MAX_LUA));
        return 0;
    case ARGP_KEY_ARGS:
        o->script = state->argv + state->next;
        o->n_script = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which script?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "SCRIPT.lua [ARGUMENT...]",
    .doc = "Run a Lua script, profiled with --cpu, --heap or both.\v"
           "What follows SCRIPT.lua is the script's. It can also require "
           "Perilune's modules: clock, gzip, json, profile, proto.",
};

/* Call the script with its arguments, which are in `arg` too. */
static bool run_script(lua_State *L, const struct run_options *o,
                       struct err *err)
{
    lua_createtable(L, o->n_script, 0);
    for (int i = 0; i < o->n_script; i++) {
        lua_pushstring(L, o->script[i]);
        lua_rawseti(L, -2, i);
    }
    lua_setglobal(L, "arg");
    if (!lua_checkstack(L, o->n_script + 8))
        return err_set(err, "too many arguments for the script");
    for (int i = 1; i < o->n_script; i++)
        lua_pushstring(L, o->script[i]);
    return script_run_file(L, o->script[0], o->n_script - 1, 0, err);
}

static bool is_profiled(const struct run_profiles_options *o)
{
    return o->cpu || o->heap;
}

/* Run, profiled if that is wanted; profiles are written also when the script
 * fails. */
static bool run(const struct run_options *o, lua_State *L,
                struct export_host *host, struct err *err)
{
    if (!is_profiled(&o->profiles))
        fprintf(stderr, "perilune run: not profiled: name a file with --cpu "
                        "or --heap\n");
    else if (!run_profiles_open(&o->profiles, host, err))
        return false;
    bool ran = run_script(L, o, err);
    struct err write_err = {0};
    bool written = run_profiles_write(&write_err);
    if (ran && !written)
        *err = write_err;
    else if (!written)
        fprintf(stderr, "perilune run: %s\n", write_err.message);
    return ran && written;
}

/* Before the script runs, for that may take long: its profiles must not be lost
 * then. */
static bool check(const struct run_profiles_options *o,
                  struct export_host *host, struct err *err)
{
    struct export_info info;
    if (!is_profiled(o))
        return export_host_find(host, o->format, &info, err);
    return (!o->cpu || export_profile_check(host, o->format, o->cpu, err)) &&
           (!o->heap || export_profile_check(host, o->format, o->heap, err));
}

static bool start(const struct run_options *o, struct export_host **host,
                  lua_State **L, struct err *err)
{
    if (!sampler_init(err) || !attach_thread(NULL, err))
        return false;
    *host = export_profile_host(NULL, err);
    if (!*host || !check(&o->profiles, *host, err))
        return false;
    *L = script_state_new(NULL, modules_for_scripts, err);
    if (*L)
        script_preload(*L, "proto", module_proto_open);
    return *L;
}

int command_run(int argc, char **argv)
{
    struct run_options o = {.profiles = {.format = "pprof"}};
    struct export_host *host = NULL;
    lua_State *L = NULL;
    struct err err = {0};
    options_parse(&argp, argc, argv, ARGP_IN_ORDER, &o);
    bool done = start(&o, &host, &L, &err) && run(&o, L, host, &err);
    if (L)
        script_state_free(L);
    export_host_free(host);
    detach_thread();
    if (done)
        return 0;
    fprintf(stderr, "perilune run: %s\n", err.message);
    return EXIT_FAILED;
}
