/* contention.h -- counts waits for locks by stack: the stacks that waited (the
 * profile `block`) and the stacks that held a lock for which others waited (the
 * profile `mutex`).
 *
 * Both are sampled in the way of Go's runtime. A wait that is as long as the
 * block rate is always recorded. A shorter wait is recorded with the
 * probability length / rate and then counts as one of `rate` nanoseconds. One
 * unlock in `fraction` is recorded and counts `fraction` times. So the totals
 * are unbiased at every rate, and the rate may change at any time.
 *
 * Waits and unlocks of threads (native_lock.c) are recorded less often than
 * those of tasks (script/sync_wait.c): 100 times less often than the rate says,
 * and an unlock for which others have waited shorter than 1 ms only with a
 * probability. The reason is that the thread holds the mutex for which it has
 * waited during the microseconds that its stack takes.
 *
 * Path: script/sync_wait.c, native_lock.c -> [contention] -> current_stack.c,
 *       coroutines.c -> tally.c
 */
#ifndef SAMPLE_HOOKS_CONTENTION_H
#define SAMPLE_HOOKS_CONTENTION_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/list.h"
#include "sample/tables/tally.h"

#define CONTENTION_BLOCK_RATE_NS 10000
#define CONTENTION_MUTEX_FRACTION 1

/* All waits since the process started. Weights are in nanoseconds. */
extern struct tally contention_block_tally, contention_mutex_tally;

/* Set the process's rate and fraction; 0 records nothing. Called while the
 * command line is read, before any other thread runs. */
void contention_set_block_rate(int64_t rate_ns);
void contention_set_mutex_fraction(int64_t fraction);

/* Asks for more samples from contention_want until contention_unwant. While
 * there are wishes, the finest of all wishes and of the process's own setting
 * holds. The caller owns the wish, which stays in place meanwhile. 0 in a field
 * asks for nothing. [any thread] */
struct contention_wish {
    int64_t block_rate_ns, mutex_fraction;
    struct list_link in_wishes; /* [lock of contention.c] */
};
void contention_want(struct contention_wish *wish);
void contention_unwant(struct contention_wish *wish);

/* Record, at the stack of the calling thread, that the task which runs there
 * has waited for `delay_ns`, or has held a lock while others waited for
 * `delay_ns` all together. [any thread, no lock held, not in a signal handler]
 */
void contention_waited(int64_t delay_ns);
void contention_held(int64_t delay_ns);

/* Records the wait of a coroutine that is in its yield and will not be resumed,
 * with these labels. [the coroutine's thread] */
struct lua_State;
void contention_coroutine_waited(struct lua_State *co, uint32_t labels,
                                 int64_t delay_ns);

/* Records waits for mutexes and conditions of the C library too, from now on.
 * Called after sampler_init, when stacks can be taken. */
void contention_watch_native(void);

/* True if native waits are recorded and the rate or the fraction is not 0. */
extern atomic_bool contention_is_native;

/* The same as contention_waited and contention_held, called by a function of
 * native_lock.c for the calling thread. Record nothing where no stack may be
 * taken (current_stack_may_take). Leave errno as it is. [any thread, any lock
 * held except one taken by quiet_lock, not in a signal handler] */
void contention_native_waited(int64_t delay_ns);
void contention_native_held(int64_t delay_ns);

#endif
