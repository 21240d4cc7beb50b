/* random.h -- numbers for sampling; not for secrets. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* Within [0, n), evenly for any n far below 2^53. [any thread, not in a
 * handler] */
int64_t random_below(int64_t n);

#endif
