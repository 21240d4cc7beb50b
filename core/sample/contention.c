#include "sample/contention.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"
#include "sample/current_stack.h"
#include "sample/sample.h"

struct tally contention_block_tally = TALLY_INIT;
struct tally contention_mutex_tally = TALLY_INIT;

/* What the flags say, and what holds with the wishes. */
static int64_t flag_rate_ns = CONTENTION_BLOCK_RATE_NS;
static int64_t flag_fraction = CONTENTION_MUTEX_FRACTION;
static _Atomic int64_t block_rate_ns = CONTENTION_BLOCK_RATE_NS;
static _Atomic int64_t mutex_fraction = CONTENTION_MUTEX_FRACTION;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct contention_wish *wishes;

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
    for (const struct contention_wish *w = wishes; w; w = w->next) {
        rate_ns = finer(rate_ns, w->block_rate_ns);
        fraction = finer(fraction, w->mutex_fraction);
    }
    block_rate_ns = rate_ns;
    mutex_fraction = fraction;
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

void contention_want(struct contention_wish *wish)
{
    pthread_mutex_lock(&lock);
    wish->prev = NULL;
    wish->next = wishes;
    if (wishes)
        wishes->prev = wish;
    wishes = wish;
    choose();
    pthread_mutex_unlock(&lock);
}

void contention_unwant(struct contention_wish *wish)
{
    pthread_mutex_lock(&lock);
    if (wish->prev)
        wish->prev->next = wish->next;
    else
        wishes = wish->next;
    if (wish->next)
        wish->next->prev = wish->prev;
    choose();
    pthread_mutex_unlock(&lock);
}

static void record(struct tally *tally, uintptr_t caller, int64_t count,
                   int64_t weight)
{
    const struct current_stack *stack =
        current_stack_take(caller, SAMPLE_ALLOCATION);
    if (stack)
        tally_add(tally, stack->frames, stack->n_frames, stack->labels, count,
                  weight);
    else
        tally_add(tally, NULL, 0, 0, count, weight);
}

void contention_waited(int64_t delay_ns)
{
    int64_t rate_ns = block_rate_ns;
    uintptr_t caller = (uintptr_t)__builtin_return_address(0);
    if (rate_ns == 0 || delay_ns <= 0)
        return;
    if (delay_ns >= rate_ns) {
        record(&contention_block_tally, caller, 1, delay_ns);
        return;
    }
    if (random_below(rate_ns) >= delay_ns)
        return;
    /* It stands for rate/delay waits: a whole number of them, right on the
     * average. */
    int64_t count = rate_ns / delay_ns;
    count += random_below(delay_ns) < rate_ns % delay_ns;
    record(&contention_block_tally, caller, count, rate_ns);
}

void contention_held(int64_t delay_ns)
{
    int64_t fraction = mutex_fraction;
    uintptr_t caller = (uintptr_t)__builtin_return_address(0);
    if (fraction == 0 || delay_ns <= 0 || random_below(fraction) != 0)
        return;
    record(&contention_mutex_tally, caller, fraction, delay_ns * fraction);
}
