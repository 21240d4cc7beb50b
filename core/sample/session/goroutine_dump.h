/* goroutine_dump.h -- lists all coroutines and threads one by one, in the text
 * format of a Go program that panics (Go's runtime/traceback.go). The endpoint
 * goroutine?debug=2 answers with this text.
 *
 * The workers add their coroutines concurrently; afterwards one thread writes
 * the text.
 *
 * Path: script/observe.c -> record/profile_kind_goroutine.c -> [goroutine_dump]
 */
#ifndef SAMPLE_SESSION_GOROUTINE_DUMP_H
#define SAMPLE_SESSION_GOROUTINE_DUMP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct stacks;

struct goroutine_info {
    int64_t number;         /* of struct coroutine_origin */
    const char *state;      /* its state, or why it waits; copied */
    int64_t waited_ms;      /* 0: not known */
    uint32_t labels;        /* an id of labels.h */
    uint32_t maker;         /* the frame that made it; FRAME_FULL: not known */
    const uint32_t *frames; /* ids of frames.h, leaf first; copied */
    uint32_t n_frames;
};

struct goroutine_dump {
    pthread_mutex_t lock; /* guards `entries`; no lock is taken inside */
    struct buf entries;   /* struct head, state, frames, next entry ... */
};

/* [any thread] */
void goroutine_dump_init(struct goroutine_dump *dump);
void goroutine_dump_fini(struct goroutine_dump *dump);

/* Adds a coroutine. If memory is short, goroutine_dump_write fails later. [any
 * thread, not in a signal handler] */
void goroutine_dump_add(struct goroutine_dump *dump,
                        const struct goroutine_info *info);

/* Appends the text of the threads, as session_probe returned them, then of the
 * coroutines added so far, which are removed from the dump. Returns false and
 * sets err if out of memory. Looks up symbols, which takes long. [any thread]
 */
bool goroutine_dump_write(struct goroutine_dump *dump,
                          const struct stacks *stacks,
                          const struct buf *threads, struct buf *text,
                          struct err *err);

#endif
