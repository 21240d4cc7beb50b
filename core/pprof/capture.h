/* capture.h -- one request for a profile: it starts a recording, lets the time
 * pass, has the profile exported on the exporter's thread and answers.
 *
 * The loop never waits for any of it, so any number of captures may be under
 * way. A client that leaves ends its own; so does one that closes its
 * sending side, which HTTP clients do not do.
 *
 * Path: pprof_plan.c -> [capture] -> recording.c, queue.c -> daemon.c
 */
#ifndef PPROF_CAPTURE_H
#define PPROF_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/mailbox.h"
#include "http/daemon.h"
#include "record/recording.h"

struct capture;
struct export_queue;
struct gathering;

/* The captures of a loop. */
struct captures {
    uv_loop_t *loop;
    struct mailbox *mailbox; /* of the loop */
    struct export_queue *queue;
    int n_workers;
    /* Ask every Lua state to collect its garbage; have all done so? Is one at
     * it? */
    void (*collect)(void *ctx);
    bool (*has_collected)(void *ctx);
    bool (*is_collecting)(void *ctx);
    /* Asks the threads of all Lua states. */
    void (*ask_all_states)(void *ctx, struct gathering *gathering);
    void (*idle)(void *ctx); /* stopped, and the last one is over */
    void *ctx;
    bool is_stopping;
    struct list list;
};

struct capture_plan {
    struct recording_plan recording;
    bool collects;         /* garbage, before anything else */
    bool is_text;          /* for reading, not for saving: debug=1 */
    int64_t max_gather_ns; /* how long states are waited for that are asked */
    char format[64];       /* an exporter's name */
    struct buf options;    /* for the exporter: the request's query, decoded */
};

/* Answers the request, now or later. Takes plan->options. */
void capture_start(struct captures *captures, struct request *request,
                   struct capture_plan *plan);

/* Answer those that wait, or are queued, with 503, let the one that is being
 * exported end, then call `idle`, perhaps at once. */
void captures_stop(struct captures *captures);

/* Answer with an error as Go does: text, and the header that lets pprof show
 * it. */
void capture_refuse(struct request *request, unsigned status,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
