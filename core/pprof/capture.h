/* capture.h -- one request for a profile, from the plan to the answer.
 *
 *   find the exporter      a thread of libuv's pool; not for a written result
 *   start the recording    the loop's thread
 *   wait                   a timer of the loop
 *   ask the Lua states     each answers on its own thread; the loop polls
 *   build and export       the exporter thread; libuv's pool if it is written
 *   answer                 the loop's thread
 *
 * The exporter is found first, so that an unknown format is refused before the
 * wait. Finding it may load exporter files, which takes up to a second for each
 * file, or longer in a C function. The loop therefore never waits for it, and
 * captures find their exporters one after another, on one thread of the pool.
 * Each request is one capture, so the admin's connections bound their number. A
 * capture ends when its client leaves, or closes its sending side, which HTTP
 * clients do not do.
 *
 * All functions are called on the loop's thread, the admin thread.
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
    struct list list;    /* all captures */
    struct list finding; /* those whose exporter is not found yet */
};

struct capture_plan {
    struct recording_plan recording;
    bool collects;         /* garbage is collected first */
    bool is_text;          /* debug=1: a browser shows it, and does not save */
    int64_t max_gather_ns; /* how long a state may take to begin an answer */
    char format[64];       /* an exporter's name */
    struct buf options;    /* the exporter's: the query, decoded */
};

/* Answers the request, now or later: with 400 if there is no such exporter,
 * with 500 if the recording or the export fails, with 503 if out of memory or
 * if the server stops. Frees plan->options. */
void capture_start(struct captures *captures, struct request *request,
                   struct capture_plan *plan);

/* Answers all captures with 503: at once those that wait, and the others when
 * the thread that works for them is done. Work that has not begun is skipped.
 * Then calls `idle`, perhaps before this returns. */
void captures_stop(struct captures *captures);

/* Answers with an error as Go does: with text, and with the header that lets go
 * tool pprof show the text. */
void capture_refuse(struct request *request, unsigned status,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
