#include "base/random.h"

#include <errno.h>
#include <math.h>
#include <sys/random.h>

#include "base/clock.h"

uint64_t random_seed(void)
{
    uint64_t seed;
    int error = errno;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t)clock_mono_ns() ^ (uintptr_t)&seed;
    errno = error;
    return seed ? seed : 1;
}

uint64_t *random_of_thread(void)
{
    static _Thread_local uint64_t state;
    if (!state)
        state = random_seed();
    return &state;
}

uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Takes the high half of the product. The probabilities of two results differ
 * by at most n / 2^64. */
int64_t random_below(uint64_t *state, int64_t n)
{
    unsigned __int128 product = random_next(state);
    return (int64_t)(product * (uint64_t)n >> 64);
}

int64_t random_gap(uint64_t *state, double mean)
{
    double uniform = (double)((random_next(state) >> 11) + 1) * 0x1p-53;
    return (int64_t)(-mean * log(uniform)) + 1;
}
