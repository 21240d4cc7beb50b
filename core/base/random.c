#include "base/random.h"

#include "base/clock.h"

/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift
 * generators, scrambled", 2016). */
int64_t random_below(int64_t n)
{
    static _Thread_local uint64_t state;
    if (!state)
        state = (uint64_t)clock_mono_ns() ^ (uintptr_t)&state;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    uint64_t bits = state * UINT64_C(0x2545F4914F6CDD1D);
    return (int64_t)((double)(bits >> 11) * 0x1p-53 * (double)n);
}
