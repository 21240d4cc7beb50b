/* first_target.h -- the server to which a run sends its first request. Profiles
 * are taken of it, unless the option `url` names another one.
 *
 * Any generator may send the first request, so the first thread that moves
 * `state` from 0 to 1 writes the address.
 *
 * Path: load/vu_url.c, load/vu_http.c -> [first_target] ->
 * load/target_profiles.c
 */
#ifndef TARGET_FIRST_TARGET_H
#define TARGET_FIRST_TARGET_H

#include <stdatomic.h>

#include "client/url.h"

/* Zeroed until the first request. */
struct first_target {
    atomic_int state; /* 0: no request; 1: a thread writes `text`; 2: `text`
                         is valid */
    char text[URL_HOST_MAX + 32];
};

/* Stores the server of `url` if none is stored. [any thread] */
void first_target_set(struct first_target *target, const struct url *url);

/* Called before each request. Costs one load once the address is stored.
 * [any thread] */
static inline void first_target_note(struct first_target *target,
                                     const struct url *url)
{
    if (atomic_load_explicit(&target->state, memory_order_relaxed) == 0)
        first_target_set(target, url);
}

/* Returns "http://host:port", or NULL if there was no request yet.
 * [any thread] */
const char *first_target_get(const struct first_target *target);

#endif
