/* profile_options.h -- which profiles of the target a run takes, and when:
 * `options.profile` of a script, and --profile with its kin, which win over it.
 *
 *   init; read (the script's table); override (the command line's);
 *   finish, once it is known how long the run is
 */
#ifndef TARGET_PROFILE_OPTIONS_H
#define TARGET_PROFILE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/profile_kind.h"

#define PROFILE_URL_MAX 1023
#define PROFILE_TOP_MAX 1000
#define PROFILE_SECONDS_MAX 3600

struct lua_State;

struct profile_options {
    bool wants[PROFILE_N_KINDS]; /* by profile_kind_id */
    int64_t after_ns;            /* from the start of the load; -1: not given */
    int64_t seconds;             /* 0: not given */
    int64_t top;                 /* functions shown; 0: not given */
    bool overhead;               /* measure what it costs instead */
    char url[PROFILE_URL_MAX + 1]; /* "": where the first request goes */
};

#define PROFILE_OPTIONS_INIT ((struct profile_options){.after_ns = -1})

/* Is there any kind? Without one nothing is taken. */
bool profile_options_any(const struct profile_options *options);

/* Read the table at `index`: { kinds = { "cpu", ... }, after = "10s",
 * seconds = 10, top = 10, url = "http://..." }. False and err: what is wrong
 * with which field. Raises no Lua error but that there is no memory. */
bool profile_options_read(struct profile_options *options, struct lua_State *L,
                          int index, struct err *err);

/* "cpu,heap", as --profile has it; replaces the kinds that are there. */
bool profile_options_kinds(struct profile_options *options, const char *text,
                           struct err *err);
bool profile_options_url(struct profile_options *options, const char *text,
                         struct err *err);

/* What `with` gives replaces what is there. */
void profile_options_override(struct profile_options *options,
                              const struct profile_options *with);

/* Without `overhead`: fill in what was not given, and check that the window
 * lies within the run, of `run_ns` at most, and `sure_ns` at least: where
 * scenarios of iterations may be through before their time, these are not the
 * same, and where there are no others, `sure_ns` is 0. What is filled in fits
 * what is sure: at most 10 s, at most half of it, in its middle but begun after
 * 10 s. Where nothing is, or the window begins later, it is of 5 s, from the
 * start on. With `overhead`: check that the run is long enough. */
bool profile_options_finish(struct profile_options *options, int64_t run_ns,
                            int64_t sure_ns, struct err *err);

#endif
