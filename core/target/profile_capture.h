/* profile_capture.h -- takes profiles of the target while the load runs.
 *
 *   load:      start ---------------------------------------------> end
 *   window:    |-- after_ns --|<------ seconds ------>|
 *   requests:                 all are sent            replies
 *
 * All kinds are requested at the same time, `after_ns` after the start of the
 * load, or as soon as the first request of the load has shown where the target
 * is. The window begins then. Kinds that measure over time (cpu, heap as a
 * difference, ...) are asked for `seconds`, and the target measures that time
 * by its own clock; kinds that describe one moment are asked for without. The
 * window ends with the first complete reply over time, or after `seconds`.
 * Requests that finish in the window are counted for `per_request`
 * (profile_metric.h).
 *
 * The profiles come over a client of their own, whose requests no metric
 * counts. Each reply is saved and read. A failure becomes a text in the report
 * and does not fail the run: a target may have no /debug/pprof.
 *
 * All functions are called on the thread of the given loop. No virtual user
 * runs on that loop, because reading a profile would delay it.
 *
 * Path: profile_options.c -> [profile_capture] -> captured_profile.c ->
 *       report/profile_section.c, profile_metric.c
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

/* The callbacks by which the capture asks the load test. They are called on the
 * loop's thread. */
struct profile_capture_env {
    /* Returns "http://host:port" of the run's first request, or NULL if there
     * was none yet. */
    const char *(*target)(void *ctx);
    /* Returns the number of finished requests. */
    uint64_t (*n_requests)(void *ctx);
    void (*over)(void *ctx); /* all profiles are taken or have failed; may be
                                NULL */
    bool skip_verify;        /* accept any TLS certificate */
    void *ctx;
};

/* Makes the folder `dir` if it does not exist, and prepares to save profiles in
 * it. `options` are finished; `options`, `env` and `dir` belong to the caller
 * and outlive the capture. Returns NULL and sets err if the folder cannot be
 * written to or out of memory. */
struct profile_capture *
profile_capture_new(uv_loop_t *loop, const struct profile_options *options,
                    const struct profile_capture_env *env, const char *dir,
                    struct err *err);

/* Plans the window. Called when the load begins. */
void profile_capture_start(struct profile_capture *capture);

/* Called when the load has ended. Profiles whose window has passed are still
 * awaited; all others fail. env->over may be called within the call. */
void profile_capture_load_ended(struct profile_capture *capture);

/* Fails all profiles that are still awaited. env->over may be called within the
 * call. */
void profile_capture_stop(struct profile_capture *capture);

/* Returns true if no reply is awaited and none will be requested; also before
 * the start. */
bool profile_capture_is_over(const struct profile_capture *capture);

/* Closes the handles. The caller runs the loop to its end, then calls
 * profile_capture_free. May be called at any time, also with NULL. */
void profile_capture_close(struct profile_capture *capture);
void profile_capture_free(struct profile_capture *capture);

/* Return the number of profiles, and the i-th, in the order of
 * profile_kinds. */
unsigned profile_capture_n_profiles(const struct profile_capture *capture);
const struct captured_profile *
profile_capture_profile(const struct profile_capture *capture, unsigned i);

/* Return the number of requests that finished in the window, 0 until the window
 * has ended, and the planned length of the window. */
uint64_t profile_capture_n_requests(const struct profile_capture *capture);
int64_t profile_capture_window_seconds(const struct profile_capture *capture);

/* Sets the times of the window, in nanoseconds from the start of the load.
 * While the window lasts, `*end_ns` is the planned end. Returns false if the
 * window has not begun. */
bool profile_capture_window(const struct profile_capture *capture,
                            int64_t *begin_ns, int64_t *end_ns);

/* Writes one line for the live view to `out`: "cpu, heap profile 8.2/10 s",
 * "cpu profile: 403 Forbidden". */
void profile_capture_describe(const struct profile_capture *capture, char *out,
                              size_t size);

/* Answers a threshold. Returns false and sets err if no profile of the kind
 * that it needs was taken, or profile_metric_evaluate fails. */
bool profile_capture_evaluate(const struct profile_capture *capture,
                              const struct profile_question *question,
                              struct profile_answer *answer, struct err *err);

#endif
