#include "sample/walk/cpu.h"

#include <errno.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/signals.h"
#include "sample/walk/vm_stack.h"
#include "sample/walk/native_stack.h"
#include "sample/walk/ring.h"
#include "sample/walk/safepoint.h"
#include "sample/walk/sample.h"
#include "sample/walk/signal_check.h"
#include "sample/walk/signal_stack.h"
#include "sample/walk/thread.h"

/* Lua counts as stuck in a C function when the oldest pending sample has waited
 * for a safe point for this much CPU time, or when so many samples are pending
 * that the ring might become full. */
static const int64_t STUCK_NS = 1000000000;
enum { STUCK_PENDING = THREAD_RING_SLOTS / 2 };

/* A thread that runs takes the signal within 40 us. An older ask is dropped,
 * unless the thread has used so much CPU time without a sample. */
static const int64_t LATE_NS = 150000, UNSAMPLED_NS = 1000000000;

/* Values of `flush` in `struct sampler_thread`: what cpu_flush asked for. */
enum { FLUSH_NONE, FLUSH_ASKED, FLUSH_FORCED };

/* All functions from here to on_sigprof run in the signal handler. */

/* Reads the Lua stack below the collection that called the finalizer. Its
 * frames are at rest. Lua calls no hook while a finalizer runs, so a safe point
 * would come too late. */
static void note_finalizer(struct sampler_thread *t, struct sample *s)
{
    struct vm_walk *walk = &t->walk;
    s->flags |= SAMPLE_FINALIZER;
    if (!vm_stack_read_at_rest(t->functions, t->active, true, walk))
        return;
    memcpy(s->lua, walk->frames, walk->n * sizeof *s->lua);
    s->n_lua = (uint16_t)walk->n;
    s->flags |= SAMPLE_LUA_STACK;
    if (walk->truncated) {
        s->flags |= SAMPLE_LUA_TRUNCATED;
        thread_count_sample(t, s, COUNT_LUA_TRUNCATED);
    }
}

static void note_lua(struct sampler_thread *t, struct sample *s,
                     const struct native_stack *native)
{
    lua_State *L = t->active->L;
    s->flags |= SAMPLE_IN_LUA;
    s->L = L;
    if (native->has_collector) {
        note_finalizer(t, s);
        return;
    }
    s->n_noted = (uint16_t)vm_stack_note(
        t->functions, L, native->has_vm ? &native->vm : NULL, s->noted);
    safepoint_arm(t, L);
}

/* Returns the number of the thread's request, or 0. */
static int64_t note_request(struct sampler_thread *t)
{
    struct context_request *request = t->request;
    if (!request)
        return 0;
    request->is_sampled = true;
    return request->number;
}

/* Writes one sample into the ring, and publishes it unless it must wait for its
 * Lua stack or for an older sample. Returns false if the ring is full. */
static bool record_sample(struct sampler_thread *t, const void *context,
                          int64_t weight_ns, uint16_t flags)
{
    struct sample *s = ring_begin(t->ring);
    if (!s)
        return false;
    s->weight_ns = weight_ns;
    s->count = 1;
    s->taken_ns = clock_mono_ns();
    s->labels = t->labels;
    s->request = note_request(t);
    s->flags = flags;
    s->n_lua = s->n_noted = 0;
    struct native_stack native = {.pcs = s->native, .max = SAMPLE_MAX_NATIVE};
    native_stack_capture(context, &native);
    s->n_native = (uint16_t)native.n;
    s->n_native_inner = (uint16_t)native.n_inner;
    if (native.truncated) {
        s->flags |= SAMPLE_NATIVE_TRUNCATED;
        thread_count_sample(t, s, COUNT_NATIVE_TRUNCATED);
    }
    if (t->active)
        note_lua(t, s, &native);

    bool alone = ring_n_pending(t->ring) == 0;
    bool waits = (s->flags & SAMPLE_IN_LUA) && !(s->flags & SAMPLE_LUA_STACK);
    ring_commit(t->ring);
    if (alone && !waits)
        ring_publish(t->ring);
    else if (alone)
        t->pending_ns = t->last_ns;
    return true;
}

/* Answers the sampling thread: takes a sample, or leaves the time to the next
 * sample. */
static void take_cpu_sample(struct sampler_thread *t, const void *context,
                            int64_t asked_ns)
{
    int64_t age_ns = clock_mono_ns() - asked_ns;
    int64_t now_ns = clock_thread_ns(), last_ns = t->last_ns;
    int64_t weight_ns = now_ns - last_ns;
    if (t->blocked_ns > last_ns) { /* the thread has blocked the signal */
        t->last_ns = now_ns;
        thread_count(t, COUNT_LATE);
        return;
    }
    if (age_ns > LATE_NS && weight_ns < UNSAMPLED_NS) {
        thread_count(t, COUNT_LATE);
        return;
    }
    thread_count(t, COUNT_TAKEN);
    t->last_ns = now_ns; /* record_sample reads it */
    if (!record_sample(t, context, weight_ns, 0)) {
        t->last_ns = last_ns;
        thread_count(t, COUNT_RING_FULL);
    }
}

/* A sample that finds the ring full leaves its time to the next sample. */
static void take_wall_sample(struct sampler_thread *t, const void *context)
{
    int64_t now_ns = clock_mono_ns();
    if (record_sample(t, context, now_ns - t->wall_last_ns, SAMPLE_WALL))
        t->wall_last_ns = now_ns;
}

/* Publishes the pending samples as they are, with their native stacks only. */
static void publish_incomplete(struct sampler_thread *t)
{
    uint32_t n = ring_n_pending(t->ring);
    for (uint32_t i = 0; i < n; i++) {
        const struct sample *s = ring_pending(t->ring, i);
        if ((s->flags & SAMPLE_IN_LUA) && !(s->flags & SAMPLE_LUA_STACK))
            thread_count_sample(t, s, COUNT_NO_LUA_STACK);
    }
    ring_publish(t->ring);
}

/* Completes the pending samples if Lua is stuck in a C function, or if
 * cpu_flush asked for it. */
static void complete_if_stuck(struct sampler_thread *t, const void *context)
{
    int flush = atomic_exchange(&t->flush, FLUSH_NONE);
    uint32_t n = ring_n_pending(t->ring);
    if (n == 0)
        return;
    if (flush == FLUSH_NONE && n < STUCK_PENDING &&
        t->last_ns - t->pending_ns < STUCK_NS)
        return;
    uintptr_t pcs[SAMPLE_MAX_NATIVE];
    struct native_stack native = {.pcs = pcs, .max = SAMPLE_MAX_NATIVE};
    native_stack_capture(context, &native);
    safepoint_try_at_rest(t, pcs, native.n);
    if (flush == FLUSH_FORCED && ring_n_pending(t->ring) > 0)
        publish_incomplete(t);
}

static uintptr_t stack_pointer(const void *context)
{
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RSP];
}

/* The handler of SIGPROF, for its four senders (cpu.h). */
static void on_sigprof(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    struct sampler_thread *t = thread_self;
    if (!t)
        return;
    int saved = errno;
    int64_t asked_ns = atomic_load(&t->asked_ns);
    bool is_wall = atomic_load(&t->wants_wall);
    bool has_room = signal_stack_has_room(context);
    if (t->busy || !has_room) {
        if (asked_ns)
            thread_count(t, has_room ? COUNT_NESTED : COUNT_NO_ROOM);
    } else {
        thread_block(t);
        safepoint_settle(t, stack_pointer(context));
        if (asked_ns)
            take_cpu_sample(t, context, asked_ns);
        if (is_wall)
            take_wall_sample(t, context);
        bool is_probed = atomic_load(&t->wants_probe);
        if (is_probed)
            record_sample(t, context, 0, SAMPLE_PROBE);
        complete_if_stuck(t, context);
        atomic_store_explicit(&t->n_pending, ring_n_pending(t->ring),
                              memory_order_relaxed);
        if (is_probed) /* after n_pending, which threads_flush then reads */
            atomic_store(&t->wants_probe, false);
        thread_unblock(t);
    }
    if (asked_ns) /* after n_pending, as the probe; a newer ask stays */
        atomic_compare_exchange_strong(&t->asked_ns, &asked_ns, 0);
    if (is_wall)
        atomic_store(&t->wants_wall, false);
    errno = saved;
}

bool cpu_init(struct err *err)
{
    struct sigaction action = {.sa_sigaction = on_sigprof,
                               .sa_flags =
                                   SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    if (signals_take(SIGPROF, &action, NULL))
        return true;
    return err_set(err, "cannot handle SIGPROF: %s", strerror(errno));
}

void cpu_ask(struct sampler_thread *t, int64_t now_ns)
{
    if (!signal_check_may_send()) {
        t->is_unasked = true;
        return;
    }
    if (t->is_unasked)
        signal_check_skip(t);
    t->is_unasked = false;
    atomic_store(&t->asked_ns, now_ns);
    tgkill(getpid(), t->tid, SIGPROF);
}

void cpu_ask_wall(struct sampler_thread *t)
{
    if (!signal_check_may_send())
        return;
    atomic_store(&t->wants_wall, true);
    tgkill(getpid(), t->tid, SIGPROF);
}

void cpu_flush(struct sampler_thread *t, bool force)
{
    atomic_store(&t->flush, force ? FLUSH_FORCED : FLUSH_ASKED);
    if (signal_check_may_send())
        tgkill(getpid(), t->tid, SIGPROF);
}

void cpu_probe(struct sampler_thread *t)
{
    if (signal_check_may_send())
        tgkill(getpid(), t->tid, SIGPROF);
}
