/* profile_capture.h -- takes profiles of the target while the load runs, by a
 * client of its own, whose requests no metric counts.
 *
 * All kinds are asked for at the same time, `after` the start; each reply is
 * kept as a file and read. What fails is told in words and fails no run: a
 * target may have no /debug/pprof.
 *
 * All on the thread of the loop it is given: one that runs no virtual users,
 * or they wait while a profile is read.
 *
 * Path: profile_options.c -> [profile_capture] -> captured_profile.c ->
 *       profile_section.c, profile_metric.c
 */
#ifndef TARGET_PROFILE_CAPTURE_H
#define TARGET_PROFILE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "target/captured_profile.h"
#include "target/profile_metric.h"
#include "target/profile_options.h"

struct profile_capture;

/* What it has to know of the run. Called on the loop's thread. */
struct profile_capture_env {
    /* "http://host:port" of the first request; NULL: there was none yet. */
    const char *(*target)(void *ctx);
    uint64_t (*n_requests)(void *ctx); /* finished until now */
    void (*over)(void *ctx); /* all are taken or have failed; may be NULL */
    bool skip_verify;        /* of TLS: any certificate will do */
    void *ctx;
};

/* Make the folder, if it is not there, and make ready to save in it. `options`
 * must be finished, and stay, as `host` and `dir`. NULL and err: the folder is
 * not to be written to, or out of memory. */
struct profile_capture *
profile_capture_new(uv_loop_t *loop, const struct profile_options *options,
                    const struct profile_capture_env *env, const char *dir,
                    struct err *err);

/* The load begins now. */
void profile_capture_start(struct profile_capture *capture);

/* The load has ended: give up what is not complete, but for replies whose
 * window has passed, which are on their way. env->over may be called at once.
 */
void profile_capture_load_ended(struct profile_capture *capture);

/* Wait for no reply any more. env->over may be called at once. */
void profile_capture_stop(struct profile_capture *capture);

/* Nothing is on its way or to come. True before the start. */
bool profile_capture_is_over(const struct profile_capture *capture);

/* Close its handles; then run the loop to its end; then free. May be called at
 * any time. */
void profile_capture_close(struct profile_capture *capture);
void profile_capture_free(struct profile_capture *capture);

/* What became of the profiles, in the order of profile_kinds. */
unsigned profile_capture_n_profiles(const struct profile_capture *capture);
const struct captured_profile *
profile_capture_profile(const struct profile_capture *capture, unsigned i);

/* Requests that finished in the window, and its length. */
uint64_t profile_capture_n_requests(const struct profile_capture *capture);
int64_t profile_capture_window_seconds(const struct profile_capture *capture);

/* Where the window lies, in nanoseconds from the start of the load; false: it
 * has not begun. `end_ns` is that of the plan while it lasts. */
bool profile_capture_window(const struct profile_capture *capture,
                            int64_t *begin_ns, int64_t *end_ns);

/* One line for the live view: "cpu, heap profile 8.2/10 s", "cpu profile: 403
 * Forbidden". */
void profile_capture_describe(const struct profile_capture *capture, char *out,
                              size_t size);

/* The answer to a threshold. False and err: no profile of the kind that it
 * needs was taken, and why, or profile_metric_evaluate's. */
bool profile_capture_evaluate(const struct profile_capture *capture,
                              const struct profile_question *question,
                              struct profile_answer *answer, struct err *err);

#endif
