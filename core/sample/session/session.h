/* session.h -- one consumer of the samples of threads. An HTTP request for a
 * CPU profile is one session.
 *
 * Any number of sessions may be open at once, with different lengths and rates.
 * Those of one kind share one stream of samples: the threads are sampled at the
 * highest rate that one of the sessions asks for, and each session counts every
 * sample. That is right at any rate, because a sample is weighed by the time
 * since the previous one.
 *
 * The stacks of a session take 32 MiB at most (stacks.h): the samples of
 * further stacks are summed up as `[overflow]`.
 *
 * The caller of session_open owns the session until it calls session_close or
 * session_abort, which free it. The collector (collector.c) adds samples in
 * between, under collector_lock.
 *
 * Path: collector.c -> [session] -> session_profile.c
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
    int rate_hz; /* 1 to 10000, or 0 for 100 */
    enum session_kind kind;
    int64_t slower_than_ns; /* only samples of requests that take this long or
                               longer; 0: all samples */
};

/* Opens a session, which collects samples from now on. Returns NULL and sets
 * err if the rate is out of range or memory is short. [any thread] */
struct session *session_open(const struct session_options *options,
                             struct err *err);

/* Ends the session, adds its samples to `profile` and frees the session. Adds
 * the stacks of `more` too, unless it is NULL. The sample types of the profile
 * are a count and a time; its times and its period are set. Returns false and
 * sets err if out of memory; the session is freed all the same. Waits for
 * samples that have no Lua stack yet: usually for microseconds, up to 70 ms for
 * a thread that reaches no safe point, up to 2 s for one that gets no CPU.
 * [any thread except a worker's, because the workers are waited for] */
bool session_close(struct session *session, const struct stacks *more,
                   struct profile *profile, struct err *err);

/* Ends the session, frees it and drops its samples. [any thread] */
void session_abort(struct session *session);

struct probed_thread {
    pid_t tid;
    uint32_t stack; /* position in the stacks; STACKS_OVERFLOW: none */
};

/* Takes the stack that each watched thread has now, once per thread, with the
 * thread's labels. Returns the stacks, which the caller frees with stacks_free,
 * or NULL if out of memory. Unless `threads` is NULL, it is set to a buffer of
 * struct probed_thread, one per thread, which the caller frees with buf_fini.
 * A thread that runs Lua gives its stack at its next safe point; the call waits
 * for that as session_close does. [any thread except a worker's] */
struct stacks *session_probe(struct buf *threads);

/* Returns the judge of slow requests, which lives as long as the session, or
 * NULL if the session takes all samples. */
struct slow_requests *session_slow_requests(const struct session *session);

/* Returns the mean time between two samples of a thread, by the session's own
 * rate. */
int64_t session_period_ns(const struct session *session);

#endif
