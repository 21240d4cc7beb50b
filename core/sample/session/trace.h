/* trace.h -- a timeline of what tasks are at: when they run and on which
 * thread, what they wait for, which request they are of; and of collections of
 * garbage.
 *
 * It is written as Chrome's trace events, which chrome://tracing and
 * ui.perfetto.dev show ("Trace Event Format", Duan et al.).
 *
 * Path: script/scheduler.c, http/exchange.c -> [trace] -> http/capture.c
 */
#ifndef SAMPLE_SESSION_TRACE_H
#define SAMPLE_SESSION_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct buf;
struct trace;

/* Collect events. NULL and err when out of memory. [any thread, like all
 * below] */
struct trace *trace_open(struct err *err);

/* Its time is over: what comes later is not for it. Those who know what still
 * goes on are to tell it (trace_add_to) by the number returned, which no other
 * has, and which is not 0. */
uint64_t trace_stop(struct trace *trace);

/* Append the timeline as JSON, when it is stopped. What still goes on lasts to
 * its end. False and err when out of memory. */
bool trace_end(struct trace *trace, struct buf *json, struct err *err);

/* Ended or not. */
void trace_free(struct trace *trace);

/* Is any open? Cheap. */
extern atomic_uint trace_n_open;
static inline bool trace_is_open(void)
{
    return atomic_load_explicit(&trace_n_open, memory_order_relaxed) > 0;
}

enum trace_kind {
    TRACE_REQUEST,    /* from its last byte to its reply's */
    TRACE_RUN,        /* a task runs on this thread */
    TRACE_WAIT,       /* a task waits */
    TRACE_COLLECTION, /* a Lua state has marked what is live */
};

struct trace_event {
    enum trace_kind kind;
    int64_t start_ns; /* monotonic; 0: before the trace began */
    int64_t end_ns;   /* 0: it still goes on */
    /* Whose: a request's number (sampler.h), also of what its tasks do; of
     * other tasks any that no other one has meanwhile. */
    int64_t number;
    bool is_request;
    uint32_t labels;
    int status;         /* of TRACE_REQUEST: its reply's, or 0 */
    const char *reason; /* of TRACE_WAIT; copied */
    int64_t bytes;      /* of TRACE_COLLECTION: allocated now */
    uint64_t seen;      /* the number of the last trace that has it, or 0 */
};

/* It is over: for each trace that is open. Of the calling thread. */
void trace_add(const struct trace_event *event);

/* For the trace with this number, if it is open still. Traces are told in the
 * order in which they were stopped. */
void trace_add_to(uint64_t number, const struct trace_event *event);

#endif
