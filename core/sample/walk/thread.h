/* thread.h -- what the sampler keeps of each thread that it watches.
 *
 * The thread itself, its signal handler included, owns everything here but
 * the ring's reading side. `busy` keeps the handler away while a safe point,
 * or anything else that the handler also does, is under way: the handler then
 * takes no sample, and its time goes to the next one.
 */
#ifndef SAMPLE_WALK_THREAD_H
#define SAMPLE_WALK_THREAD_H

#include <lua.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"
#include "base/list.h"
#include "sample/walk/context.h"
#include "sample/walk/current_stack.h"
#include "sample/walk/entry.h"
#include "sample/walk/sample.h"
#include "sample/walk/vm_stack.h"

struct ring;
struct vm_functions;

enum {
    THREAD_RING_SLOTS = 512,
    THREAD_MAX_ARMED = 8,
};

/* What became of the samples; all count up for ever. */
enum sample_count {
    COUNT_TAKEN,            /* handler ran and time had passed */
    COUNT_RING_FULL,        /* dropped: no free slot */
    COUNT_NESTED,           /* skipped: handler met a safe point or itself;
                               the time went to the next sample */
    COUNT_NO_LUA_STACK,     /* reported with its native stack only */
    COUNT_SKIDDED,          /* reported at the nearest surviving frame */
    COUNT_TAIL_CALLED,      /* reported though its frame was replaced */
    COUNT_LUA_TRUNCATED,    /* reported without the outermost Lua frames */
    COUNT_NATIVE_TRUNCATED, /* reported without the outermost native ones */
    N_COUNTS,
};

/* A coroutine whose hook is one of ours just now, and the user's that it had
 * before (see safepoint.c). */
struct armed_hook {
    lua_State *L;
    lua_Hook hook; /* NULL: none */
    int mask;
    int count;
    bool waits; /* ours waits for a safe point; else for the user's count */
};

/* For hooks/coroutines.c: the place that made the thread's last coroutine, as
 * lua_Debug describes it, and the id of that place in frames.h. */
struct coroutine_maker {
    const char *source; /* its address is compared, and its text never read */
    const lua_State *L;
    int line_defined, line;
    uint32_t frame;
};

struct sampler_thread {
    struct list_link in_threads; /* [threads_lock] */
    struct ring *ring;
    struct vm_functions *functions;
    pthread_t pthread;
    pid_t tid;
    timer_t timer;
    volatile sig_atomic_t busy;
    struct entry *volatile active; /* innermost running coroutine */
    volatile uint32_t labels;
    struct context_request *volatile request; /* or NULL */
    /* Thread CPU time at the previous sample; others set it while the timer is
     * stopped. */
    _Atomic int64_t last_ns;
    int64_t pending_ns;      /* the same at the oldest pending sample */
    atomic_int flush;        /* asked of the next signal, see cpu.c */
    atomic_bool wants_probe; /* asked of the next signal too */
    timer_t wall_timer;      /* these are wall_timer.c's */
    _Atomic int64_t wall_period_ns, wall_last_ns;
    uint64_t wall_random;  /* base/random.h; the handler uses it */
    atomic_uint n_pending; /* as the handler last left it, for others to see */
    struct armed_hook armed[THREAD_MAX_ARMED];
    unsigned n_armed;
    bool wants_names; /* c_names_learn at the next safe point */
    uint64_t random;  /* base/random.h; safepoint.c uses it */
    _Atomic uint64_t counts[N_COUNTS];
    bool detached; /* its thread is gone; freed once the ring is empty */
    struct coroutine_maker last_maker;
    /* The rest is large. It is here and not on the thread's stack, which may be
     * nearly used up when a sample is taken; `busy` guards it. */
    struct vm_walk walk; /* of the handler, a safe point or current_stack.c */
    struct current_stack_memory stack_memory;
};

/* The calling thread's, NULL when it is not watched. */
extern _Thread_local struct sampler_thread *thread_self;

/* Guards the list of threads, and attaching and detaching. Taken after
 * collector_lock where both are. Never taken in a handler or hook. */
extern pthread_mutex_t threads_lock;
/* The list. [threads_lock] */
extern struct list threads_list;

/* [signal, hook] */
static inline void thread_count(struct sampler_thread *t, enum sample_count c)
{
    /* One writer: a plain add, readable from other threads. */
    uint64_t n = atomic_load_explicit(&t->counts[c], memory_order_relaxed);
    atomic_store_explicit(&t->counts[c], n + 1, memory_order_relaxed);
}

/* What became of this sample, if it is a tick's. [signal, hook] */
static inline void thread_count_sample(struct sampler_thread *t,
                                       const struct sample *s,
                                       enum sample_count c)
{
    if (!(s->flags & (SAMPLE_PROBE | SAMPLE_WALL)))
        thread_count(t, c);
}

/* Keep the handler away, and let it come again. Nests. */
static inline void thread_block(struct sampler_thread *t)
{
    t->busy++;
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void thread_unblock(struct sampler_thread *t)
{
    atomic_signal_fence(memory_order_seq_cst);
    t->busy--;
}

/* Makes the record of the calling thread, with its ring and its table of
 * functions, in no list and without timers. Returns NULL and sets err if out of
 * memory. */
struct sampler_thread *thread_new(struct err *err);
void thread_free(struct sampler_thread *t);

/* Adds a thread, whose timers are made, to the list and starts its timers. */
void threads_add(struct sampler_thread *t);

/* Ends the timers of the calling thread and leaves the rest to threads_reap. */
void threads_retire(struct sampler_thread *t);

/* Signalled by threads_retire. The collector waits for it with collector_lock
 * held, and threads_retire does not take that lock: a signal that comes while
 * the collector works is lost, and the thread's record is then freed in the
 * collector's next round. */
extern pthread_cond_t threads_retired;

/* Set every thread's timer, now and for threads to come; 0 stops them. */
void threads_set_rate(int rate_hz);

/* The same of the timers of wall time. */
void threads_set_wall_rate(int rate_hz);

/* Ask the threads whose samples are pending to complete them (cpu_flush).
 * Returns their number. */
unsigned threads_flush(bool force);

/* Ask each thread, this one too, for one sample of what it is at. */
void threads_probe(void);

/* Ask those again that were busy. Returns their number. */
unsigned threads_probe_again(void);

/* [collector] Free the threads that are gone and have no sample left. */
void threads_reap(void);

/* Sums over all threads, ended ones included. */
void threads_sum_counts(uint64_t counts[N_COUNTS]);

#endif
