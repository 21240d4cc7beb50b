/* first_target.h -- whom the first request of a run goes to: the server whose
 * profiles are taken, unless told otherwise.
 */
#ifndef TARGET_FIRST_TARGET_H
#define TARGET_FIRST_TARGET_H

#include <stdatomic.h>

#include "client/url.h"

/* Zeroed: there was no request yet. */
struct first_target {
    atomic_int state; /* 0, then 1 while one thread writes, then 2 */
    char text[URL_HOST_MAX + 32];
};

void first_target_set(struct first_target *target, const struct url *url);

/* [any thread] Before each request: one load, once the first was sent. */
static inline void first_target_note(struct first_target *target,
                                     const struct url *url)
{
    if (atomic_load_explicit(&target->state, memory_order_relaxed) == 0)
        first_target_set(target, url);
}

/* "http://host:port", or NULL. [any thread] */
const char *first_target_get(const struct first_target *target);

#endif
