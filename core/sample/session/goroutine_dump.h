/* goroutine_dump.h -- all coroutines and threads one by one, as the text that a
 * Go program prints when it panics (runtime/traceback.go), for
 * goroutine?debug=2.
 *
 * Path: script/observe.c -> [goroutine_dump] -> http/recording.c
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
    int64_t number;
    const char *state; /* or what it waits for; copied */
    int64_t waited_ms; /* so long; 0: not known */
    uint32_t labels;
    uint32_t maker;         /* frame that made it, FRAME_FULL: not known */
    const uint32_t *frames; /* ids of frames.h, leaf first; copied */
    uint32_t n_frames;
};

struct goroutine_dump {
    pthread_mutex_t lock; /* guards the rest; nothing is taken inside */
    struct buf entries;   /* each with its state and frames behind it */
};

/* [any thread] */
void goroutine_dump_init(struct goroutine_dump *dump);
void goroutine_dump_fini(struct goroutine_dump *dump);

/* One more, unless memory is short: goroutine_dump_write then fails. [any
 * thread, not in a handler] */
void goroutine_dump_add(struct goroutine_dump *dump,
                        const struct goroutine_info *info);

/* Append the text of all, and in front of the threads, as session_probe gave
 * their stacks and who has them. False and err when out of memory. [any thread;
 * symbols may take long] */
bool goroutine_dump_write(struct goroutine_dump *dump,
                          const struct stacks *stacks,
                          const struct buf *threads, struct buf *text,
                          struct err *err);

#endif
