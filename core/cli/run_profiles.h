/* run_profiles.h -- the profiles of one run of a script: written once, however
 * the run ends, by the script's end, os.exit or a signal.
 *
 * Path: run.c -> [run_profiles] -> session.c, heap_profile.c, export_profile.c
 */
#ifndef CLI_RUN_PROFILES_H
#define CLI_RUN_PROFILES_H

#include <stdbool.h>

#include "base/err.h"

struct export_host;

struct run_profiles_options {
    const char *cpu, *heap; /* files to write; NULL: no such profile */
    const char *format;     /* an exporter's name */
    int rate_hz;            /* 0: the session's default */
};

/* Begin, once in the process. From now on exit() writes the profiles, and so
 * do SIGINT, SIGTERM and SIGHUP before they end the process as they would have;
 * a second one ends it at once. `options` and `host` are kept. */
bool run_profiles_open(const struct run_profiles_options *options,
                       struct export_host *host, struct err *err);

/* Write what is not written yet. True if there is nothing. [any thread] */
bool run_profiles_write(struct err *err);

#endif
