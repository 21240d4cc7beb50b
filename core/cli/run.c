/* run.c -- perilune run: runs a Lua script and writes profiles of the run.
 * There is an option for each kind of profile (record/profile_kind.h). */
#include <ctype.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "cli/commands.h"
#include "cli/export_profile.h"
#include "cli/options.h"
#include "cli/run_profiles.h"
#include "export/export_queue.h"
#include "export/module_proto.h"
#include "modules/modules.h"
#include "sample/session/sampler.h"
#include "sample/tables/c_names.h"
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

/* A kind's option has the kind's letter as its key, or OPTION_KIND and its
 * profile_kind_id. */
enum { OPTION_HEAP_RATE = 256, OPTION_KIND };

static const struct argp_option common_options[] = {
    {"heap-rate", OPTION_HEAP_RATE, "BYTES", 0,
     "Sample memory once per so many allocated bytes, on average (524288); "
     "0 means never",
     1},
    {"to", 't', "FORMAT", 0,
     "Format of the profiles (pprof); see 'perilune exporters'", 1},
    {"rate", 'r', "HZ", 0,
     "Wanted samples per second, of CPU time and wall time (100)", 1},
    {"max-depth", 'm', "N", 0, "Number of Lua frames kept of a stack, of both ends (128)", 1},
};
enum { N_COMMON_OPTIONS = sizeof common_options / sizeof *common_options };

/* Those of the kinds, the common ones, and an end of zeros. */
static struct argp_option options[PROFILE_N_KINDS + N_COMMON_OPTIONS + 1];

static int key_of(unsigned id)
{
    return profile_kinds[id]->letter ? profile_kinds[id]->letter
                                     : OPTION_KIND + (int)id;
}

static void fill_in_options(void)
{
    static char help[PROFILE_N_KINDS][160];
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++) {
        const char *description = profile_kinds[id]->description;
        snprintf(help[id], sizeof help[id], "Write to FILE: %c%s",
                 tolower((unsigned char)description[0]), description + 1);
        options[id] = (struct argp_option){
            profile_kinds[id]->name, key_of(id), "FILE", 0, help[id], 0};
    }
    memcpy(options + PROFILE_N_KINDS, common_options, sizeof common_options);
}

/* Returns false if the key is not that of a kind's option. */
static bool take_file(struct run_profiles_options *profiles, int key,
                      const char *file)
{
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++) {
        if (key_of(id) != key)
            continue;
        profiles->files[id] = file;
        return true;
    }
    return false;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct run_options *o = state->input;
    switch (key) {
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
        argp_error(state, "name the script to run");
        return 0;
    default:
        return take_file(&o->profiles, key, arg) ? 0 : ARGP_ERR_UNKNOWN;
    }
}

static char doc[512];

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "SCRIPT.lua [ARGUMENT...]",
    .doc = doc,
};

static void fill_in_doc(void)
{
    size_t n = (size_t)snprintf(
        doc, sizeof doc,
        "Run a Lua script and write profiles of the run.\v"
        "The script gets the arguments after SCRIPT.lua. It can require "
        "Perilune's modules: ");
    for (const luaL_Reg *m = modules_for_scripts; m->name && n < sizeof doc;
         m++)
        n += (size_t)snprintf(doc + n, sizeof doc - n, "%s, ", m->name);
    if (n < sizeof doc)
        snprintf(doc + n, sizeof doc - n, "proto.");
}

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

/* "--cpu, --heap, ... or --trace" */
static void name_options(char *out, size_t size)
{
    size_t n = 0;
    for (unsigned id = 0; id < PROFILE_N_KINDS && n < size; id++)
        n += (size_t)snprintf(out + n, size - n, "%s--%s",
                              id == 0                     ? ""
                              : id == PROFILE_N_KINDS - 1 ? " or "
                                                          : ", ",
                              profile_kinds[id]->name);
}

static void say_not_profiled(void)
{
    char names[256];
    name_options(names, sizeof names);
    fprintf(stderr, "perilune run: not profiled: name a file with %s\n", names);
}

/* Runs the script, profiled if that is wanted. The profiles are written also
 * when the script fails. */
static bool run_profiled(const struct run_options *o, lua_State *L,
                         struct export_queue *queue, struct err *err)
{
    if (!run_profiles_any(&o->profiles))
        say_not_profiled();
    else if (!run_profiles_open(&o->profiles, queue, L, err))
        return false;
    bool ran = run_script(L, o, err);
    c_names_learn(L); /* of the modules that were required */
    struct err write_err = {0};
    bool written = run_profiles_write(&write_err);
    if (ran && !written)
        *err = write_err;
    else if (!written)
        fprintf(stderr, "perilune run: %s\n", write_err.message);
    return ran && written;
}

/* Reports a file that cannot be written before the script runs, because the run
 * may take long. */
static bool open_run(const struct run_options *o, struct export_queue **queue,
                     lua_State **L, struct err *err)
{
    if (!sampler_init(err) || !attach_thread(NULL, err))
        return false;
    *queue = export_profile_queue(NULL, err);
    if (!*queue || !run_profiles_check(&o->profiles, *queue, err))
        return false;
    *L = script_state_new(NULL, modules_for_scripts, err);
    if (!*L)
        return false;
    script_preload(*L, "proto", module_proto_open);
    lua_gc(*L, LUA_GCGEN, 0, 0); /* as the plain interpreter, lua.c */
    return true;
}

int command_run(int argc, char **argv)
{
    struct run_options o = {.profiles = {.format = "pprof"}};
    struct export_queue *queue = NULL;
    lua_State *L = NULL;
    struct err err = {0};
    fill_in_options();
    fill_in_doc();
    options_parse(&argp, argc, argv, ARGP_IN_ORDER, &o);
    fork_allow_return();
    bool done =
        open_run(&o, &queue, &L, &err) && run_profiled(&o, L, queue, &err);
    if (L)
        script_state_free(L);
    export_queue_free(queue);
    detach_thread();
    if (done)
        return 0;
    fprintf(stderr, "perilune run: %s\n", err.message);
    return EXIT_FAILED;
}
