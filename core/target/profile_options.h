/* profile_options.h -- the profiles that a run takes of its target, and their
 * time: `options.profile` of a script, and the command line's --profile
 * options, which win over it.
 *
 *   PROFILE_OPTIONS_INIT
 *   profile_options_read      the script's table
 *   profile_options_override  the command line's
 *   profile_options_finish    when the length of the run is known
 *
 * Path: load/config.c -> [profile_options] -> profile_capture.c
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
    int64_t after_ns; /* begin of the window after the start of the load; -1:
                         not given */
    int64_t seconds;  /* length of the window; 0: not given */
    int64_t top;   /* number of functions that the report shows; 0: not given */
    bool overhead; /* measure the overhead of a profile instead
                      (profile_overhead.h) */
    char url[PROFILE_URL_MAX + 1]; /* the target; "": the server of the first
                                      request */
};

#define PROFILE_OPTIONS_INIT ((struct profile_options){.after_ns = -1})

/* Returns true if at least one kind is wanted. */
bool profile_options_any(const struct profile_options *options);

/* Reads the table at `index`: { kinds = { "cpu", ... }, after = "10s", seconds
 * = 10, top = 10, url = "http://..." }. Returns false and sets err if a field
 * is wrong. The only Lua error that it raises is that memory is short. */
bool profile_options_read(struct profile_options *options, struct lua_State *L,
                          int index, struct err *err);

/* Reads "cpu,heap", the argument of --profile, which replaces the kinds that
 * are set. Returns false and sets err if a kind is unknown. */
bool profile_options_kinds(struct profile_options *options, const char *text,
                           struct err *err);

/* Reads the URL of the target. Returns false and sets err if it is invalid. */
bool profile_options_url(struct profile_options *options, const char *text,
                         struct err *err);

/* Replaces each option by that of `with`, if `with` gives it. */
void profile_options_override(struct profile_options *options,
                              const struct profile_options *with);

/* Sets the options that are not given, and checks that the window lies within
 * the run. `run_ns` is the longest and `sure_ns` the shortest time that the run
 * may last; scenarios of iterations may end early, and `sure_ns` is 0 if there
 * are no others.
 *
 * Defaults: the window lasts at most 10 s and at most half of `sure_ns`, and
 * lies in its middle, but begins after 10 s at the latest. If `sure_ns` is 0,
 * or the window begins later than `sure_ns`, the window lasts at most 5 s and
 * begins with the run.
 *
 * With `overhead` it checks only that the run is long enough. Returns false and
 * sets err if something does not fit. */
bool profile_options_finish(struct profile_options *options, int64_t run_ns,
                            int64_t sure_ns, struct err *err);

#endif
