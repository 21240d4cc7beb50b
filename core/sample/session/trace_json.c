/* trace_json.c -- turns the events of a trace into Chrome's:
 *
 *     TRACE_REQUEST     a pair of nestable asynchronous events, `b` and `e`
 *     TRACE_WAIT        the same, nested in the events of its request or task
 *     TRACE_RUN         a complete event, `X`, on its thread
 *     TRACE_COLLECTION  an instant event, `i`, and the memory, a counter, `C`
 */
#include "sample/session/trace_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json_writer.h"
#include "profile/strings.h"
#include "sample/tables/labels.h"

/* The order of edges that have the same time: inner events end before outer
 * ones, and outer events begin before inner ones. */
enum rank {
    RANK_WAIT_ENDS,
    RANK_REQUEST_ENDS,
    RANK_REQUEST_BEGINS,
    RANK_OTHER_BEGINS,
};

/* The begin or the end of an event. */
struct edge {
    int64_t ns;      /* since the trace began */
    uint32_t record; /* position of the event */
    enum rank rank;
};

struct writer {
    const struct trace_content *content;
    struct json_writer json;
    int pid;
};

static int by_time(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    if (x->ns != y->ns)
        return x->ns < y->ns ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->record < y->record ? -1 : x->record > y->record;
}

/* begin_of and end_of cut an event to the time of the trace. They return
 * nanoseconds since the trace began; an event is at least one nanosecond long.
 */
static int64_t begin_of(const struct trace_content *content,
                        const struct trace_event *event)
{
    int64_t ns = event->start_ns - content->start_ns;
    return ns > 0 ? ns : 0;
}

static int64_t end_of(const struct trace_content *content,
                      const struct trace_event *event)
{
    int64_t begin = begin_of(content, event);
    int64_t end = event->end_ns && event->end_ns < content->end_ns
                      ? event->end_ns - content->start_ns
                      : content->end_ns - content->start_ns;
    return end > begin ? end : begin + 1;
}

/* Returns true if the event is written as two edges. */
static bool has_end(const struct trace_event *event)
{
    return event->kind == TRACE_REQUEST || event->kind == TRACE_WAIT;
}

/* Returns the value of a label, NULL if there is none. */
static const char *label_value(const struct trace_event *event, const char *key)
{
    unsigned n;
    const struct label *set = labels_get(event->labels, &n);
    for (unsigned i = 0; i < n; i++)
        if (strcmp(set[i].key, key) == 0)
            return set[i].value;
    return NULL;
}

static void write_us(struct json_writer *json, const char *key, int64_t ns)
{
    json_fixed(json, key, 3, (double)ns / 1e3);
}

static void begin_event(struct writer *w, const char *phase, int tid,
                        int64_t ns)
{
    json_new_line(&w->json, 0);
    json_begin_object(&w->json, NULL);
    json_text(&w->json, "ph", phase);
    json_int(&w->json, "pid", w->pid);
    json_int(&w->json, "tid", tid);
    write_us(&w->json, "ts", ns);
}

/* Writes "name":"GET /data" */
static void write_event_name(struct writer *w, const struct trace_event *event)
{
    const char *method = label_value(event, "method"),
               *route = label_value(event, "route");
    if (route)
        json_format(&w->json, "name", "%s%s%s", method ? method : "",
                    method ? " " : "", route);
    else
        json_text(&w->json, "name", event->is_request ? "request" : "task");
}

/* Writes the category and id. Viewers nest asynchronous events that have both
 * in common. */
static void write_track(struct writer *w, const struct trace_event *event)
{
    json_text(&w->json, "cat", event->is_request ? "request" : "task");
    json_format(&w->json, "id", "0x%" PRIx64, event->number);
}

/* Writes "args":{ and the labels. */
static void begin_args(struct writer *w, const struct trace_event *event)
{
    unsigned n;
    const struct label *set = labels_get(event->labels, &n);
    json_begin_object(&w->json, "args");
    for (unsigned i = 0; i < n; i++)
        json_text(&w->json, set[i].key, set[i].value);
}

static void write_request_event(struct writer *w, const struct trace_record *r,
                                const struct edge *edge)
{
    const struct trace_event *event = &r->event;
    bool begins = edge->rank == RANK_REQUEST_BEGINS;
    begin_event(w, begins ? "b" : "e", r->tid, edge->ns);
    write_event_name(w, event);
    write_track(w, event);
    if (begins) {
        int64_t end_ns = event->end_ns ? event->end_ns : w->content->end_ns;
        begin_args(w, event);
        if (event->end_ns)
            json_int(&w->json, "status", event->status);
        json_fixed(&w->json, "ms", 3, (double)(end_ns - event->start_ns) / 1e6);
        json_end_object(&w->json);
    }
    json_end_object(&w->json);
}

static void write_wait(struct writer *w, const struct trace_record *r,
                       const struct edge *edge)
{
    size_t len;
    const char *reason = strings_get(w->content->reasons, r->reason, &len);
    begin_event(w, edge->rank == RANK_WAIT_ENDS ? "e" : "b", r->tid, edge->ns);
    json_bytes(&w->json, "name", reason, len);
    write_track(w, &r->event);
    json_end_object(&w->json);
}

static void write_run(struct writer *w, const struct trace_record *r,
                      const struct edge *edge)
{
    begin_event(w, "X", r->tid, edge->ns);
    write_us(&w->json, "dur", end_of(w->content, &r->event) - edge->ns);
    write_event_name(w, &r->event);
    json_text(&w->json, "cat", "run");
    begin_args(w, &r->event);
    json_format(&w->json, "id", "0x%" PRIx64, r->event.number);
    json_end_object(&w->json);
    json_end_object(&w->json);
}

/* Ends an event whose argument is a number of bytes. */
static void end_with_bytes(struct writer *w, int64_t bytes)
{
    json_begin_object(&w->json, "args");
    json_int(&w->json, "bytes", bytes);
    json_end_object(&w->json);
    json_end_object(&w->json);
}

static void write_collection(struct writer *w, const struct trace_record *r,
                             const struct edge *edge)
{
    begin_event(w, "i", r->tid, edge->ns);
    json_text(&w->json, "s", "t");
    json_text(&w->json, "cat", "gc");
    json_text(&w->json, "name", "collection");
    end_with_bytes(w, r->event.bytes);
    begin_event(w, "C", r->tid, edge->ns);
    json_format(&w->json, "name", "Lua memory, thread %d", r->tid);
    end_with_bytes(w, r->event.bytes);
}

static void write_edge(struct writer *w, const struct edge *edge)
{
    const struct trace_record *r = &w->content->records[edge->record];
    switch (r->event.kind) {
    case TRACE_REQUEST:
        write_request_event(w, r, edge);
        break;
    case TRACE_RUN:
        write_run(w, r, edge);
        break;
    case TRACE_WAIT:
        write_wait(w, r, edge);
        break;
    case TRACE_COLLECTION:
        write_collection(w, r, edge);
        break;
    }
}

/* Returns the edges of all events in the order of time, and their number in *n.
 * Returns NULL if out of memory. The caller frees the edges. */
static struct edge *sort_edges(const struct trace_content *content, size_t *n)
{
    struct edge *edges = calloc(2 * (size_t)content->n + 1, sizeof *edges);
    *n = 0;
    if (!edges)
        return NULL;
    for (uint32_t i = 0; i < content->n; i++) {
        const struct trace_event *event = &content->records[i].event;
        bool is_request = event->kind == TRACE_REQUEST;
        edges[(*n)++] =
            (struct edge){begin_of(content, event), i,
                          is_request ? RANK_REQUEST_BEGINS : RANK_OTHER_BEGINS};
        if (has_end(event))
            edges[(*n)++] =
                (struct edge){end_of(content, event), i,
                              is_request ? RANK_REQUEST_ENDS : RANK_WAIT_ENDS};
    }
    qsort(edges, *n, sizeof *edges, by_time);
    return edges;
}

static void write_thread_name(struct writer *w, const struct trace_record *r)
{
    const char *worker = label_value(&r->event, "worker");
    begin_event(w, "M", r->tid, 0);
    json_text(&w->json, "name", "thread_name");
    json_begin_object(&w->json, "args");
    if (worker)
        json_format(&w->json, "name", "worker %s", worker);
    else
        json_format(&w->json, "name", "thread %d", r->tid);
    json_end_object(&w->json);
    json_end_object(&w->json);
}

/* Names each thread on which a task ran, once. */
static void write_thread_names(struct writer *w)
{
    const struct trace_record *records = w->content->records;
    enum { MAX_THREADS = 1024 };
    int named[MAX_THREADS];
    unsigned n_named = 0;
    for (uint32_t i = 0; i < w->content->n; i++) {
        unsigned at = 0;
        if (records[i].event.kind != TRACE_RUN)
            continue;
        while (at < n_named && named[at] != records[i].tid)
            at++;
        if (at < n_named || n_named == MAX_THREADS)
            continue;
        named[n_named++] = records[i].tid;
        write_thread_name(w, &records[i]);
    }
}

bool trace_json_write(const struct trace_content *content, struct buf *out)
{
    struct writer w = {
        .content = content, .json = {.out = out}, .pid = getpid()};
    size_t n;
    struct edge *edges = sort_edges(content, &n);
    if (!edges)
        return false;
    json_begin_object(&w.json, NULL);
    json_text(&w.json, "displayTimeUnit", "ms");
    json_begin_object(&w.json, "otherData");
    json_text(&w.json, "program", "perilune " PERILUNE_VERSION);
    json_int(&w.json, "dropped_events", content->n_dropped);
    json_end_object(&w.json);
    json_begin_array(&w.json, "traceEvents");
    write_thread_names(&w);
    for (size_t i = 0; i < n; i++)
        write_edge(&w, &edges[i]);
    json_new_line(&w.json, 0);
    json_end_array(&w.json);
    json_end_object(&w.json);
    buf_putc(out, '\n');
    free(edges);
    return true;
}
