/* session.h -- one consumer of CPU samples; one HTTP request for a profile is
 * one. Any number may be open at once, with different lengths and rates: they
 * share one stream of samples.
 *
 * Path: collector.c -> [session] -> profile.c
 */
#ifndef SAMPLE_SESSION_H
#define SAMPLE_SESSION_H

#include <stdbool.h>

#include "base/err.h"

struct profile;
struct session;
struct stacks;

struct session_options {
    int rate_hz; /* 1 to 10000; 0: 100. A wish: see docs/SAMPLING.md */
};

/* Start to collect. NULL and err: a bad rate, out of memory. [any thread] */
struct session *session_open(const struct session_options *options,
                             struct err *err);

/* End the session and build its profile, which the caller owns. Waits, up to
 * 100 ms, for samples that are still without their Lua stack. NULL and err
 * when out of memory; the session is gone either way. [any thread, not a
 * worker's: it waits for them] */
struct profile *session_close(struct session *session, struct err *err);

/* The stacks that all watched threads have now, each counted once, with their
 * labels; the caller's, to be freed by stacks_free. One that runs Lua is seen
 * at its next safe point; waits for that up to 200 ms. NULL when out of memory.
 * [any thread, not a worker's] */
struct stacks *session_probe(void);

/* End the session and throw its samples away. [any thread] */
void session_abort(struct session *session);

#endif
