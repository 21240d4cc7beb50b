/* load_arguments.h -- the command line of `perilune load`. */
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
    struct trend_stats trend_stats; /* n 0: not given */
    const char *out_dir;            /* NULL: not given */
    struct profile_options profile;
    int64_t threads; /* 0: not given */
    bool skip_tls_verify;
    bool quiet;
};

/* Parse it; what is wrong ends the program, with the usage. fini it. */
void load_arguments_parse(struct load_arguments *arguments, int argc,
                          char **argv);
void load_arguments_fini(struct load_arguments *arguments);

#endif
