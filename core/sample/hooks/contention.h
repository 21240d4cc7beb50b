/* contention.h -- who waited (block) and who let others wait (mutex), by stack.
 *
 * Of waits shorter than the block rate, a share of their length by the rate is
 * recorded, with a weight that makes up for those left out; of unlocks that
 * others waited for, one in `fraction`. Go's runtime does the same. So totals
 * are right at any rate, and a rate that changes does no harm.
 *
 * Of what is native, waits of threads and not of tasks, less is recorded: a
 * stack takes some microseconds, in which who has waited for a mutex holds it.
 *
 * Path: script/sync_wait.c, native_lock.c -> [contention] -> tally.c
 */
#ifndef SAMPLE_HOOKS_CONTENTION_H
#define SAMPLE_HOOKS_CONTENTION_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/list.h"
#include "sample/tables/tally.h"

#define CONTENTION_BLOCK_RATE_NS 10000
#define CONTENTION_MUTEX_FRACTION 1

/* The program's, since its start. Weights are nanoseconds. */
extern struct tally contention_block_tally, contention_mutex_tally;

/* 0: none is recorded. Before other threads are there. */
void contention_set_block_rate(int64_t rate_ns);
void contention_set_mutex_fraction(int64_t fraction);

/* Somebody wants more of them for a while: the finest that anybody wants
 * holds. 0: no wish. [any thread] */
struct contention_wish {
    int64_t block_rate_ns, mutex_fraction;
    struct list_link in_wishes;
};
void contention_want(struct contention_wish *wish);
void contention_unwant(struct contention_wish *wish);

/* What runs on the calling thread has waited, others have waited for it, for
 * `delay_ns`. [any thread, not in a handler, no lock held] */
void contention_waited(int64_t delay_ns);
void contention_held(int64_t delay_ns);

/* A coroutine has waited that will not go on: in its yield, with these labels
 * (coroutine_add). [its thread] */
struct lua_State;
void contention_coroutine_waited(struct lua_State *co, uint32_t labels,
                                 int64_t delay_ns);

/* Watch mutexes and conditions of the C library too. Once, when stacks can be
 * taken. */
void contention_watch_native(void);

/* They are watched, and a rate is not 0. */
extern atomic_bool contention_is_native;

/* As above, of the calling thread, in a function of native_lock.c. Nothing
 * where no stack may be taken. Leaves errno as it is. [any thread, not in a
 * handler, any lock held but a quiet one] */
void contention_native_waited(int64_t delay_ns);
void contention_native_held(int64_t delay_ns);

#endif
