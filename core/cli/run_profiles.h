/* run_profiles.h -- the profiles of one run of a script: written once, however
 * the run ends, by the script's end, os.exit or a signal.
 *
 * Path: run.c -> [run_profiles] -> record/recording.c, export_profile.c
 */
#ifndef CLI_RUN_PROFILES_H
#define CLI_RUN_PROFILES_H

#include <stdbool.h>

#include "base/err.h"
#include "record/profile_kind.h"

struct export_queue;
struct lua_State;

struct run_profiles_options {
    /* By profile_kind_id: the file to write, NULL for no such profile. */
    const char *files[PROFILE_N_KINDS];
    const char *format; /* an exporter's name */
    int rate_hz;        /* 0: the session's default */
};

/* Returns true if any file is named. */
bool run_profiles_any(const struct run_profiles_options *options);

/* Checks that all files can be written, that no two kinds have the same file
 * and that the format exists. Returns false and sets err if not. */
bool run_profiles_check(const struct run_profiles_options *options,
                        struct export_queue *queue, struct err *err);

/* Begins to record, once in the process, before the script runs in `L`. From
 * then on the profiles are written when the state is closed, when the process
 * exits, and when SIGINT, SIGTERM or SIGHUP comes, which then ends the process
 * as it would have. A second signal ends it at once. `options` and `queue` are
 * kept. Returns false and sets err if something is short.
 * [the script's thread] */
bool run_profiles_open(const struct run_profiles_options *options,
                       struct export_queue *queue, struct lua_State *L,
                       struct err *err);

/* Writes all profiles, unless they are written. Returns false and sets err if
 * one could not be; the others are written all the same. [any thread] */
bool run_profiles_write(struct err *err);

#endif
