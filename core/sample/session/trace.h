/* trace.h -- a timeline of tasks: when each ran and on which thread, for what
 * it waited and for which request it worked; and when garbage was collected.
 *
 * An event is reported when it ends, by the thread on which it ended, to every
 * open trace. At the end of a trace some events still go on. The caller that
 * stops a trace asks every worker to report those by the number of the trace:
 *
 *     trace_open
 *        | trace_add: events that end meanwhile            [any thread]
 *     trace_stop -> number
 *        | trace_add_to(number): tasks that still wait     [each worker]
 *     trace_write_json
 *     trace_free
 *
 * A trace holds 200,000 events; those that come later are dropped, and the JSON
 * tells their number.
 *
 * The JSON is Chrome's trace events, which chrome://tracing and ui.perfetto.dev
 * show ("Trace Event Format", Duan et al.).
 *
 * Path: script/observe.c, handler/exchange.c -> [trace] -> trace_json.c
 */
#ifndef SAMPLE_SESSION_TRACE_H
#define SAMPLE_SESSION_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct buf;
struct trace;

/* All functions may be called on any thread, but not in a signal handler. */

/* Opens a trace, which collects events from now on. Returns NULL and sets err
 * if out of memory. The caller frees the trace with trace_free. */
struct trace *trace_open(struct err *err);

/* Ends the time of the trace: an event that begins later is not added. Returns
 * the number of the trace for trace_add_to, which is unique and not 0. */
uint64_t trace_stop(struct trace *trace);

/* Takes no more events, and appends the timeline of a stopped trace. An event
 * that still goes on lasts until the end of the trace. Returns false and sets
 * err if out of memory. */
bool trace_write_json(struct trace *trace, struct buf *json, struct err *err);

/* Frees a trace, stopped or not. Ignores NULL. */
void trace_free(struct trace *trace);

/* Closes all traces in a forked child, without their locks. */
void trace_forget_all(void);

/* Returns true while a trace is open. Costs one load, so callers ask before
 * they make an event. */
extern atomic_uint trace_n_open;
static inline bool trace_is_open(void)
{
    return atomic_load_explicit(&trace_n_open, memory_order_relaxed) > 0;
}

enum trace_kind {
    TRACE_REQUEST,    /* from the request's last byte to its reply's */
    TRACE_RUN,        /* a task runs on the calling thread */
    TRACE_WAIT,       /* a task waits */
    TRACE_COLLECTION, /* a Lua state has marked its live objects */
};

struct trace_event {
    enum trace_kind kind;
    int64_t start_ns; /* monotonic; 0: before the trace began */
    int64_t end_ns;   /* 0: the event still goes on */
    /* The number of the request (context.h), also for what the request's tasks
     * do. For any other task, a number that is unique while the task lives. */
    int64_t number;
    bool is_request;    /* `number` is a request's */
    uint32_t labels;    /* an id of labels.h */
    int status;         /* of TRACE_REQUEST: the reply's status, or 0 */
    const char *reason; /* of TRACE_WAIT; copied */
    int64_t bytes;      /* of TRACE_COLLECTION: memory of the state now */
    uint64_t seen;      /* number of the last trace to which trace_add_to
                           reported the event; 0: none */
};

/* Adds an event that has ended on the calling thread to every open trace,
 * except those that have it already by `seen`. */
void trace_add(const struct trace_event *event);

/* Adds an event that still goes on to the trace with this number, if the trace
 * is still open. Traces are reported to in the order in which they stopped, so
 * that `seen` covers all earlier ones. */
void trace_add_to(uint64_t number, const struct trace_event *event);

#endif
