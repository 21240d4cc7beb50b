/* random.h -- random numbers for sampling, jitter and names. They are not fit
 * for secrets.
 *
 * The generator is SplitMix64 (Steele, Lea and Flood, "Fast Splittable
 * Pseudorandom Number Generators", OOPSLA 2014): its state is one number,
 * which may have any value, and it passes BigCrush. The caller owns the state,
 * and each state is used by one thread.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* Returns a state from the kernel's generator that is never 0, so that a
 * caller can take 0 for a state that was not seeded yet. Leaves errno as it is.
 * [any thread, signal] */
uint64_t random_seed(void);

/* Returns the state of the calling thread, for callers that keep no state.
 * [any thread, not in a handler] */
uint64_t *random_of_thread(void);

/* Returns 64 random bits. [any thread, signal] */
uint64_t random_next(uint64_t *state);

/* Returns a number of [0, n), each with the same probability, for any n > 0.
 * [any thread, signal] */
int64_t random_below(uint64_t *state, int64_t n);

/* Returns the distance to the next event, 1 or more: the gaps of a Poisson
 * process of the given mean, rounded up. Each unit has an event with
 * probability 1 - e^(-1/mean), independent of all units before. [any thread] */
int64_t random_gap(uint64_t *state, double mean);

#endif
