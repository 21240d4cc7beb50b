/* load_arguments.h -- the command line of `perilune load`.
 *
 * Path: [load_arguments] -> load.c
 */
#ifndef CLI_LOAD_ARGUMENTS_H
#define CLI_LOAD_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "load/config.h"
#include "report/output.h"

#define LOAD_ENV_MAX 256

struct load_arguments {
    const char *target;
    struct shorthand shorthand;
    const char *env[LOAD_ENV_MAX + 1];
    unsigned n_env;
    struct outputs outputs;
    struct trend_stats trend_stats; /* n is 0 if not given */
    const char *out_dir;            /* NULL if not given */
    struct profile_options profile;
    int64_t threads; /* 0 if not given */
    bool skip_tls_verify;
    bool quiet;
};

/* Parses the command line. Wrong usage ends the program with exit code 2. The
 * caller calls load_arguments_fini. */
void load_arguments_parse(struct load_arguments *arguments, int argc,
                          char **argv);
void load_arguments_fini(struct load_arguments *arguments);

#endif
