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

/* What the flags say, and what holds with the wishes. */
static int64_t flag_rate_ns = CONTENTION_BLOCK_RATE_NS;
static int64_t flag_fraction = CONTENTION_MUTEX_FRACTION;
static _Atomic int64_t block_rate_ns = CONTENTION_BLOCK_RATE_NS;
static _Atomic int64_t mutex_fraction = CONTENTION_MUTEX_FRACTION;

/* Of native waits so many times less is recorded, and of unlocks a share of the
 * others' waiting by that: with every one of them, a mutex that many threads
 * want was 3 to 8 times slower (bench/lock_cost.c, 3 and 45 frames). */
static const int64_t NATIVE_GRAIN = 100;
static const int64_t NATIVE_HELD_GRAIN_NS = 100 * CONTENTION_BLOCK_RATE_NS;

atomic_bool contention_is_native;
static bool watches_native;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list wishes;

static int64_t finer(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

/* [lock] */
static void choose(void)
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
    choose();
}

void contention_set_mutex_fraction(int64_t fraction)
{
    flag_fraction = fraction;
    choose();
}

void contention_watch_native(void)
{
    watches_native = true;
    choose();
}

void contention_want(struct contention_wish *wish)
{
    pthread_mutex_lock(&lock);
    list_prepend(&wishes, &wish->in_wishes);
    choose();
    pthread_mutex_unlock(&lock);
}

void contention_unwant(struct contention_wish *wish)
{
    pthread_mutex_lock(&lock);
    list_remove(&wish->in_wishes);
    choose();
    pthread_mutex_unlock(&lock);
}

static void record(struct tally *tally, uintptr_t caller, unsigned flags,
                   int64_t count, int64_t weight)
{
    const struct current_stack *stack = current_stack_take(caller, flags);
    if (stack)
        tally_add(tally, stack->frames, stack->n_frames, stack->labels, count,
                  weight);
    else
        tally_add(tally, NULL, 0, 0, count, weight);
}

/* Of those shorter than `grain_ns`, keep a share of their length by it; each
 * that is kept stands for `grain_ns` then, and grain/length of them: a whole
 * number, right on the average. */
static bool keep(int64_t grain_ns, int64_t *delay_ns, int64_t *count)
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
    if (rate_ns > 0 && delay_ns > 0 && keep(rate_ns, &delay_ns, &count))
        record(&contention_block_tally, CALLER, SAMPLE_ALLOCATION, count,
               delay_ns);
}

void contention_coroutine_waited(struct lua_State *co, uint32_t labels,
                                 int64_t delay_ns)
{
    int64_t rate_ns = block_rate_ns, count;
    if (rate_ns > 0 && delay_ns > 0 && keep(rate_ns, &delay_ns, &count))
        coroutine_add(co, FRAME_FULL, labels, count, delay_ns,
                      &contention_block_tally);
}

void contention_held(int64_t delay_ns)
{
    int64_t fraction = mutex_fraction;
    if (fraction > 0 && delay_ns > 0 &&
        random_below(random_of_thread(), fraction) == 0)
        record(&contention_mutex_tally, CALLER, SAMPLE_ALLOCATION, fraction,
               delay_ns * fraction);
}

void contention_native_waited(int64_t delay_ns)
{
    int64_t rate_ns = block_rate_ns, count;
    int error = errno;
    if (rate_ns > 0 && delay_ns > 0 && current_stack_may_take() &&
        keep(rate_ns * NATIVE_GRAIN, &delay_ns, &count))
        record(&contention_block_tally, CALLER, 0, count, delay_ns);
    errno = error;
}

void contention_native_held(int64_t delay_ns)
{
    int64_t fraction = mutex_fraction, count;
    int error = errno;
    if (fraction > 0 && delay_ns > 0 && current_stack_may_take() &&
        random_below(random_of_thread(), fraction) == 0 &&
        keep(NATIVE_HELD_GRAIN_NS, &delay_ns, &count))
        record(&contention_mutex_tally, CALLER, 0, count * fraction,
               delay_ns * fraction);
    errno = error;
}
