/* capture.h -- one request for a profile: it starts a recording, lets the time
 * pass, has the profile exported on the exporter's thread and answers.
 *
 * The loop never waits for a capture, so any number of them may be under way. A
 * capture ends when its client leaves, or closes its sending side, which HTTP
 * clients do not do.
 *
 * Path: pprof_plan.c -> [capture] -> record/recording.c, export/export_queue.c
 * -> daemon.c
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
    /* `collect` asks every Lua state to collect its garbage. `has_collected`
     * returns true if all states have done so, `is_collecting` while a state
     * collects. */
    void (*collect)(void *ctx);
    bool (*has_collected)(void *ctx);
    bool (*is_collecting)(void *ctx);
    /* Asks the threads of all Lua states. */
    void (*ask_all_states)(void *ctx, struct gathering *gathering);
    void (*idle)(
        void *ctx); /* after captures_stop, when the last capture is over */
    void *ctx;
    bool is_stopping;
    struct list list;
};

struct capture_plan {
    struct recording_plan recording;
    bool collects;         /* garbage is collected first */
    bool is_text;          /* debug=1: a browser shows it, and does not save */
    int64_t max_gather_ns; /* how long a state may take to begin an answer */
    char format[64];       /* an exporter's name */
    struct buf options;    /* the exporter's: the query, decoded */
};

/* Answers the request, now or later. Frees plan->options. */
void capture_start(struct captures *captures, struct request *request,
                   struct capture_plan *plan);

/* Answers all captures with 503, except the one that is being exported, which
 * ends first. Then calls `idle`, perhaps before this returns. */
void captures_stop(struct captures *captures);

/* Answers with an error as Go does: with text, and with the header that lets go
 * tool pprof show the text. */
void capture_refuse(struct request *request, unsigned status,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
