/* thread.h -- the record that the sampler keeps of each watched thread, and the
 * list of these records.
 *
 *   threads_list -> record -> record -> ...          [threads_lock]
 *                   | ring        samples for the collector
 *                   | functions   names of the functions in its Lua stacks
 *                   | active      chain of Lua states that run (entry.h)
 *                   | labels, request   of the task that runs (context.h)
 *                   | clock, state      for the sampling thread
 *
 * Life of a record: attach_thread makes it (thread_new, threads_add);
 * detach_thread marks it detached (threads_retire); the
 * collector frees it, with its ring and its functions, once the ring is empty
 * (threads_reap). So the collector can read the samples of a thread that has
 * ended.
 *
 * The thread itself, its signal handler included, owns all fields but the
 * reading side of the ring and the fields that say otherwise. `busy` keeps the
 * handler from work that it would share with the code it interrupts:
 * thread_block and thread_unblock are put around a safe point, an unwinding,
 * and each use of `armed` and `walk`. While the thread is busy the handler
 * takes no sample; the next sample weighs the time.
 *
 * Lock order: collector_lock (session/collector.h), then threads_lock, then
 * sampling_lock, then the
 * lock of slow_requests.c, then the locks of the tables (quiet.h). With
 * threads_lock held a thread may take the last two kinds only, and never
 * collector_lock. The collector holds collector_lock and threads_lock while it
 * drains the rings. A signal handler takes no lock, and the sampler's Lua hooks
 * take locks of tables only.
 *
 * Path: attach.c -> [thread] -> sampling_thread.c, cpu.c; collector.c
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
    THREAD_RING_SLOTS = 512,    /* 51 ms of samples at 10,000 a second */
    THREAD_MAX_ARMED = 8,       /* coroutines with a hook of the sampler */
    THREAD_OUTSIDE_SLOTS = 128, /* of the ring `outside` */
    THREAD_OUTSIDE_REQUESTS = 8,
};

/* Counts of the asks for CPU samples, by their outcome. They never decrease.
 * A sample that is taken is reported or counted by COUNT_RING_FULL. The next
 * sample of the thread weighs the time of an ask that gave no sample. */
enum sample_count {
    COUNT_TAKEN,
    COUNT_RING_FULL,        /* taken, but dropped: the ring had no free slot */
    COUNT_NESTED,           /* not taken: the thread was busy */
    COUNT_NO_ROOM,          /* not taken: too little room on the signal stack */
    COUNT_LATE,             /* not taken: the thread had waited for a CPU */
    COUNT_NO_LUA_STACK,     /* reported with its native stack only */
    COUNT_SKIDDED,          /* reported at the nearest surviving frame */
    COUNT_TAIL_CALLED,      /* reported though its frame was replaced */
    COUNT_LUA_TRUNCATED,    /* reported without the outermost Lua frames */
    COUNT_NATIVE_TRUNCATED, /* reported without the outermost native frames */
    N_COUNTS,
    LAST_ANSWER = COUNT_LATE, /* up to here: how an ask was answered */
};

/* A coroutine that has a hook of the sampler now, and the user's hook of it
 * (safepoint.h). */
struct armed_hook {
    lua_State *L;
    lua_Hook hook; /* the user's; NULL: none */
    int mask;
    int count;
    bool waits; /* true: the sampler's hook waits for a safe point; false: it
                   waits until the user's count is reached */
};

/* For hooks/coroutines.c: the place that made the thread's last coroutine, and
 * the id of that place in frames.h. */
struct coroutine_maker {
    uint64_t function; /* vm_function.hash */
    int line;
    uint32_t frame;
};

struct sampler_thread {
    struct list_link in_threads; /* as `detached` */
    struct ring *ring;
    struct vm_functions *functions;
    pthread_t pthread;
    pid_t tid;
    bool is_foreign;   /* of a library; goroutine profiles leave it out */
    bool is_from_hook; /* watched from its begin to its end */
    /* The thread's CPU time when it was attached and when it was detached. */
    int64_t begin_cpu_ns, end_cpu_ns;
    clockid_t clock; /* the thread's CPU time, for other threads */
    int state;       /* of thread_state.h */
    /* When the sampling thread asked for a sample, CPU_ASK_ANY_TIME, or 0 if
     * the handler has answered (cpu_ask). */
    _Atomic int64_t asked_ns;
    int64_t looked_ns;  /* the CPU time at the previous look [sampling_lock] */
    void *signal_stack; /* of signal_stack_new */
    /* More than 0: the handler takes no sample. Changed by thread_block and
     * thread_unblock. */
    volatile sig_atomic_t busy;
    struct entry *volatile active; /* of the innermost coroutine, or NULL */
    struct entry entries[ENTRY_MAX];
    uintptr_t stack_low, stack_bytes;         /* the thread's own C stack */
    volatile uint32_t labels;                 /* an id of labels.h */
    struct context_request *volatile request; /* NULL: no request */
    /* The thread's CPU time at its previous sample. Another thread sets it,
     * with sampling_lock held, when the first session opens. */
    _Atomic int64_t last_ns;
    int64_t pending_ns; /* last_ns of the oldest pending sample */
    /* Used by signal_check.c. [threads_lock] */
    int64_t checked_ask_ns, checked_since_ns; /* asked_ns, and since when */
    int64_t checked_cpu_ns;                   /* CPU time at that moment */
    _Atomic int64_t blocked_ns; /* CPU time at the last check that found SIGPROF
                                   blocked */
    bool is_unasked; /* another handler has SIGPROF [sampling_lock] */
    /* Set by another thread, which then signals this one (cpu.c). */
    atomic_int flush;        /* the handler completes pending samples */
    atomic_bool wants_probe; /* the handler takes a probe, then clears this */
    /* The handler takes a sample of wall time, then clears this. */
    atomic_bool wants_wall;
    /* The monotonic time of the previous sample of wall time. Used by the
     * handler while wants_wall is true, otherwise with sampling_lock held. */
    int64_t wall_last_ns;
    /* Samples of the thread that the sampling thread took while the thread
     * slept (outside.h). [sampling_lock for its writing side] */
    struct ring *outside;
    /* The CPU time at which the newest sample of `outside` was taken; -1: that
     * sample does not tell where the thread is. [sampling_lock] */
    int64_t slept_cpu_ns;
    /* The requests of the last samples in `outside`, in turn. */
    _Atomic int64_t outside_requests[THREAD_OUTSIDE_REQUESTS];
    unsigned n_outside_requests; /* [sampling_lock] */
    atomic_uint n_pending; /* number of pending samples, for other threads */
    /* Used by safepoint.c. */
    struct armed_hook armed[THREAD_MAX_ARMED];
    unsigned n_armed;
    volatile bool wants_names; /* the next safe point calls c_names_learn; set
                                  by the sampling thread too */
    uint64_t random; /* a state of base/random.h, outside the handler */
    _Atomic uint64_t counts[N_COUNTS]; /* written by the thread only */
    /* The thread has ended. The collector frees the record once the ring is
     * empty. [threads_lock and sampling_lock to change it, one of them to read
     * it] */
    bool detached;
    struct coroutine_maker last_maker;
    /* Too large for the thread's stack, which may be nearly used up when a
     * sample is taken. `busy` guards both: a walk of the handler, of a safe
     * point and of current_stack.c never overlap. */
    struct vm_walk walk;
    struct current_stack_memory stack_memory;
};

/* The record of the calling thread; NULL if the thread is not watched. The only
 * thread-local that the record needs. */
extern _Thread_local struct sampler_thread *thread_self;

/* Two locks guard the list of records and their `detached`. A thread that
 * changes these holds both locks, and a thread that reads them holds one. The
 * sampling thread takes sampling_lock only, because the collector holds
 * threads_lock for a long time. threads_lock is taken after collector_lock if
 * both are taken, sampling_lock, a quiet lock, after threads_lock. None of them
 * is taken in a handler or hook. */
extern pthread_mutex_t threads_lock, sampling_lock;
extern struct list threads_list; /* of struct sampler_thread */

/* Adds 1 to a count of the calling thread. [signal, hook] */
static inline void thread_count(struct sampler_thread *t, enum sample_count c)
{
    /* The count has one writer, so two plain atomic accesses are enough. */
    uint64_t n = atomic_load_explicit(&t->counts[c], memory_order_relaxed);
    atomic_store_explicit(&t->counts[c], n + 1, memory_order_relaxed);
}

/* Adds 1 to a count of the calling thread if the sample `s` is a CPU sample.
 * Probes and wall samples are not counted. [signal, hook] */
static inline void thread_count_sample(struct sampler_thread *t,
                                       const struct sample *s,
                                       enum sample_count c)
{
    if (!(s->flags & (SAMPLE_PROBE | SAMPLE_WALL)))
        thread_count(t, c);
}

/* thread_block keeps the calling thread's handler away, and thread_unblock lets
 * the handler take samples again. Calls nest. [signal, hook] */
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
 * functions, in no list. Returns NULL and sets err if out of memory. */
struct sampler_thread *thread_new(struct err *err);

/* Frees a record that is in no list, with its ring and its table of functions.
 */
void thread_free(struct sampler_thread *t);

/* Adds a record to the list. Called on the thread of the record. */
void threads_add(struct sampler_thread *t);

/* Publishes the pending samples of the calling thread as they are and leaves
 * its record to threads_reap. */
void threads_retire(struct sampler_thread *t);

/* threads_retire signals this condition, and the collector waits for it with
 * collector_lock. Because threads_retire does not take that lock, a signal that
 * comes while the collector works is lost. The thread's record is then freed in
 * the collector's next round. */
extern pthread_cond_t threads_retired;

/* All functions below: [any thread, threads_lock not held] */

/* Frees the records of threads that have ended and whose rings are empty.
 * Called with collector_lock held: nobody else reads the rings then. */
void threads_reap(void);

/* Returns the CPU time of all threads while they were watched, ended ones
 * included. */
int64_t threads_cpu_ns(void);

/* Sums up the counts of all threads since the start, ended ones included. */
void threads_sum_counts(uint64_t counts[N_COUNTS]);

#endif
