/* contention.c -- chooses which waits are recorded and weighs them. */
#include "sample/hooks/contention.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"
#include "sample/hooks/coroutines.h"
#include "sample/walk/current_stack.h"
#include "sample/tables/frames.h"
#include "sample/walk/sample.h"

struct tally contention_block_tally = TALLY_INIT;
struct tally contention_mutex_tally = TALLY_INIT;

/* The process's own settings, from its command line. */
static int64_t flag_rate_ns = CONTENTION_BLOCK_RATE_NS;
static int64_t flag_fraction = CONTENTION_MUTEX_FRACTION;

/* The finest of these settings and of all wishes. */
static _Atomic int64_t block_rate_ns = CONTENTION_BLOCK_RATE_NS;
static _Atomic int64_t mutex_fraction = CONTENTION_MUTEX_FRACTION;

/* Native waits are recorded so many times less often than the rate says. Native
 * unlocks for which others waited shorter than NATIVE_HELD_GRAIN_NS are
 * recorded with the probability waited / grain. When every one was recorded, a
 * mutex that many threads want was 3 to 8 times slower (bench/lock_cost.c, 3
 * and 45 frames). */
static const int64_t NATIVE_GRAIN = 100;
static const int64_t NATIVE_HELD_GRAIN_NS = 100 * CONTENTION_BLOCK_RATE_NS;

atomic_bool contention_is_native;
static bool watches_native;

/* Guards the list of wishes. No other lock is taken while it is held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list wishes;

/* Returns the smaller of two rates or fractions, where 0 means "none". */
static int64_t finer(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

/* [lock] */
static void apply_wishes(void)
{
    int64_t rate_ns = flag_rate_ns, fraction = flag_fraction;
    list_each (struct contention_wish, w, &wishes, in_wishes) {
        rate_ns = finer(rate_ns, w->block_rate_ns);
        fraction = finer(fraction, w->mutex_fraction);
    }
    block_rate_ns = rate_ns;
    mutex_fraction = fraction;
    contention_is_native = watches_native && (rate_ns > 0 || fraction > 0);
}

void contention_set_block_rate(int64_t rate_ns)
{
    flag_rate_ns = rate_ns;
    apply_wishes();
}

void contention_set_mutex_fraction(int64_t fraction)
{
    flag_fraction = fraction;
    apply_wishes();
}

void contention_watch_native(void)
{
    watches_native = true;
    apply_wishes();
}

void contention_want(struct contention_wish *wish)
{
    pthread_mutex_lock(&lock);
    list_prepend(&wishes, &wish->in_wishes);
    apply_wishes();
    pthread_mutex_unlock(&lock);
}

void contention_unwant(struct contention_wish *wish)
{
    pthread_mutex_lock(&lock);
    list_remove(&wish->in_wishes);
    apply_wishes();
    pthread_mutex_unlock(&lock);
}

static void record_stack(struct tally *tally, uintptr_t caller, unsigned flags,
                         int64_t count, int64_t weight)
{
    const struct current_stack *stack = current_stack_take(caller, flags);
    if (stack)
        tally_add(tally, stack->frames, stack->n_frames, stack->labels, count,
                  weight);
    else
        tally_add(tally, NULL, 0, 0, count, weight);
}

/* Decides whether a delay is recorded. Delays of `grain_ns` or more always are.
 * A shorter delay is kept with the probability delay / grain. It then stands
 * for grain / delay delays that take `grain_ns` together; *count is that
 * quotient, rounded at random so that its mean is exact. */
static bool keep_delay(int64_t grain_ns, int64_t *delay_ns, int64_t *count)
{
    uint64_t *random = random_of_thread();
    *count = 1;
    if (*delay_ns >= grain_ns)
        return true;
    if (random_below(random, grain_ns) >= *delay_ns)
        return false;
    *count = grain_ns / *delay_ns;
    *count += random_below(random, *delay_ns) < grain_ns % *delay_ns;
    *delay_ns = grain_ns;
    return true;
}

#define CALLER ((uintptr_t)__builtin_return_address(0))

void contention_waited(int64_t delay_ns)
{
    int64_t rate_ns = block_rate_ns, count;
    if (rate_ns > 0 && delay_ns > 0 && keep_delay(rate_ns, &delay_ns, &count))
        record_stack(&contention_block_tally, CALLER, SAMPLE_ALLOCATION, count,
                     delay_ns);
}

void contention_coroutine_waited(struct lua_State *co, uint32_t labels,
                                 int64_t delay_ns)
{
    int64_t rate_ns = block_rate_ns, count;
    if (rate_ns > 0 && delay_ns > 0 && keep_delay(rate_ns, &delay_ns, &count))
        coroutine_add(co, FRAME_FULL, labels, count, delay_ns,
                      &contention_block_tally);
}

void contention_held(int64_t delay_ns)
{
    int64_t fraction = mutex_fraction;
    if (fraction > 0 && delay_ns > 0 &&
        random_below(random_of_thread(), fraction) == 0)
        record_stack(&contention_mutex_tally, CALLER, SAMPLE_ALLOCATION,
                     fraction, delay_ns * fraction);
}

void contention_native_waited(int64_t delay_ns)
{
    int64_t rate_ns = block_rate_ns, count;
    int error = errno;
    if (rate_ns > 0 && delay_ns > 0 && current_stack_may_take() &&
        keep_delay(rate_ns * NATIVE_GRAIN, &delay_ns, &count))
        record_stack(&contention_block_tally, CALLER, 0, count, delay_ns);
    errno = error;
}

void contention_native_held(int64_t delay_ns)
{
    int64_t fraction = mutex_fraction, count;
    int error = errno;
    if (fraction > 0 && delay_ns > 0 && current_stack_may_take() &&
        random_below(random_of_thread(), fraction) == 0 &&
        keep_delay(NATIVE_HELD_GRAIN_NS, &delay_ns, &count))
        record_stack(&contention_mutex_tally, CALLER, 0, count * fraction,
                     delay_ns * fraction);
    errno = error;
}
