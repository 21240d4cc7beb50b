/* trace.c -- the open traces and the events of each. */
#include "sample/session/trace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "profile/strings.h"
#include "sample/session/trace_json.h"

/* Events per trace, about 40 MB of JSON. Further events are dropped and
 * counted. */
enum { MAX_EVENTS = 200000 };

struct trace {
    struct list_link in_open; /* [lock] */
    uint64_t number; /* [lock] 1, 2, ... as they stop; 0: not stopped */
    int64_t start_ns, end_ns; /* end_ns: [lock] INT64_MAX: not stopped */
    struct trace_record *records;
    uint32_t n, n_allocated, n_dropped;
    struct strings reasons;
};

/* Guards the list and the traces in it. No other lock is taken inside. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list open_traces;
atomic_uint trace_n_open;
static uint64_t n_stopped;

struct trace *trace_open(struct err *err)
{
    struct trace *trace = calloc(1, sizeof *trace);
    if (!trace || !strings_init(&trace->reasons)) {
        free(trace);
        err_set(err, "out of memory for a trace");
        return NULL;
    }
    pthread_mutex_lock(&lock);
    trace->start_ns = clock_mono_ns();
    trace->end_ns = INT64_MAX;
    list_prepend(&open_traces, &trace->in_open);
    atomic_fetch_add(&trace_n_open, 1);
    pthread_mutex_unlock(&lock);
    return trace;
}

static void unlink_trace(struct trace *trace)
{
    pthread_mutex_lock(&lock);
    if (list_is_linked(&trace->in_open)) {
        list_remove(&trace->in_open);
        atomic_fetch_sub(&trace_n_open, 1);
    }
    pthread_mutex_unlock(&lock);
}

void trace_forget_all(void) { atomic_store(&trace_n_open, 0); }

uint64_t trace_stop(struct trace *trace)
{
    pthread_mutex_lock(&lock);
    uint64_t number = trace->number = ++n_stopped;
    trace->end_ns = clock_mono_ns();
    pthread_mutex_unlock(&lock);
    return number;
}

bool trace_write_json(struct trace *trace, struct buf *json, struct err *err)
{
    unlink_trace(trace);
    const struct trace_content content = {
        .records = trace->records,
        .n = trace->n,
        .n_dropped = trace->n_dropped,
        .reasons = &trace->reasons,
        .start_ns = trace->start_ns,
        .end_ns = trace->end_ns,
    };
    return (trace_json_write(&content, json) && !json->failed) ||
           err_set(err, "out of memory for a trace");
}

void trace_free(struct trace *trace)
{
    if (!trace)
        return;
    unlink_trace(trace);
    strings_fini(&trace->reasons);
    free(trace->records);
    free(trace);
}

static bool trace_has_room(struct trace *trace)
{
    if (trace->n == MAX_EVENTS)
        return false;
    struct trace_record *grown = array_grow(
        trace->records, trace->n, &trace->n_allocated, 256, sizeof *grown);
    if (grown)
        trace->records = grown;
    return grown;
}

/* Returns true if the event was reported to this trace by trace_add_to. Traces
 * are reported to in the order of their numbers, so all up to `seen` have it.
 */
static bool has_event(const struct trace *trace,
                      const struct trace_event *event)
{
    return trace->number > 0 && trace->number <= event->seen;
}

/* Adds an event, or counts it as dropped. [lock] */
static void record_event(struct trace *trace, const struct trace_event *event)
{
    if (has_event(trace, event) || event->start_ns > trace->end_ns)
        return;
    if (!trace_has_room(trace)) {
        trace->n_dropped++;
        return;
    }
    const char *reason = event->reason ? event->reason : "";
    uint32_t id = strings_add(&trace->reasons, reason, strlen(reason));
    trace->records[trace->n++] = (struct trace_record){
        .event = *event,
        .reason = id == INDEX_NONE ? 0 : id,
        .tid = gettid(),
    };
}

void trace_add(const struct trace_event *event)
{
    pthread_mutex_lock(&lock);
    list_each (struct trace, t, &open_traces, in_open)
        record_event(t, event);
    pthread_mutex_unlock(&lock);
}

void trace_add_to(uint64_t number, const struct trace_event *event)
{
    pthread_mutex_lock(&lock);
    list_each (struct trace, t, &open_traces, in_open)
        if (t->number == number)
            record_event(t, event);
    pthread_mutex_unlock(&lock);
}
