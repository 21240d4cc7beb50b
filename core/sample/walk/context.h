/* context.h -- the labels and the request that the calling thread's samples
 * carry from now on.
 *
 * The scheduler switches the context when a task begins to run and when the
 * task yields, so a switch is a few stores and takes no lock. The signal
 * handler reads the context from the thread's record. On a thread that is not
 * watched all functions do nothing and return zeros.
 *
 * Path: script/scheduler.c -> [context] -> cpu.c
 */
#ifndef SAMPLE_WALK_CONTEXT_H
#define SAMPLE_WALK_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

/* A request, for profiles of slow requests and for traces. The request belongs
 * to one thread. It is all zeros when slow_requests_begin is called and does
 * not move until slow_requests_end. */
struct context_request {
    int64_t number; /* the time at which the request began (monotonic, ns), or a
                       little later if two began at once: numbers are unique */
    volatile bool is_sampled; /* the signal handler took a sample of the
                                 request; see also t->outside_requests */
    uint64_t traced;          /* number of the last trace that has the request
                                 (session/trace.h); 0 means none */
};

struct context {
    struct context_request *request; /* NULL: no request */
    uint32_t labels; /* an id of tables/labels.h; 0: no labels */
};

/* Sets the context of the samples that the calling thread takes from now on.
 * Returns the previous context, in two registers. */
struct context context_switch(struct context to);

/* Sets the labels only. Returns the previous labels. */
uint32_t context_set_labels(uint32_t labels);

/* Returns the labels of the calling thread's context. */
uint32_t context_labels(void);

#endif
