/* session.h -- one consumer of samples of the threads; one HTTP request for a
 * profile is one. Any number may be open at once, with different lengths and
 * rates: they share one stream of samples.
 *
 * Path: collector.c -> [session] -> profile.c
 */
#ifndef SAMPLE_SESSION_SESSION_H
#define SAMPLE_SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "sample/walk/sample.h"

struct profile;
struct session;
struct slow_requests;
struct stacks;

struct session_options {
    int rate_hz; /* 1 to 10000; 0: 100. A wish: see docs/SAMPLING.md */
    enum session_kind kind;
    int64_t slower_than_ns; /* samples of requests that take as long; 0: all */
};

/* Start to collect. NULL and err: a bad rate, out of memory. [any thread] */
struct session *session_open(const struct session_options *options,
                             struct err *err);

/* Ends the session and adds its samples, and what is in `more`, which may be
 * NULL, to `profile`, whose sample types are a count and a time. Sets the
 * profile's times and its period. Waits, up to 100 ms, for samples that are
 * still without their Lua stack. Returns false and sets err if out of memory.
 * The session is freed either way. [any thread, not a worker's: it waits for
 * them] */
bool session_close(struct session *session, const struct stacks *more,
                   struct profile *profile, struct err *err);

struct probed_thread {
    pid_t tid;
    uint32_t stack; /* its position in the stacks, STACKS_OVERFLOW: none */
};

/* The stacks that all watched threads have now, each counted once, with their
 * labels; the caller's, to be freed by stacks_free. Unless NULL `threads`
 * is set to a struct probed_thread of each, for buf_fini. One that runs Lua is
 * seen at its next safe point; waits for that up to 200 ms. NULL when out of
 * memory. [any thread, not a worker's] */
struct stacks *session_probe(struct buf *threads);

/* What judges its samples, NULL when it wants all. As long as the session. */
struct slow_requests *session_slow_requests(const struct session *session);

int64_t session_period_ns(const struct session *session);

/* End the session and throw its samples away. [any thread] */
void session_abort(struct session *session);

#endif
