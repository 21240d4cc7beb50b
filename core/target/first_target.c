#include "target/first_target.h"

#include <stdio.h>

/* The release makes `text` visible to the acquire of first_target_get. */
void first_target_set(struct first_target *target, const struct url *url)
{
    int none = 0;
    if (!atomic_compare_exchange_strong(&target->state, &none, 1))
        return;
    snprintf(target->text, sizeof target->text, "http%s://%.*s",
             url->secure ? "s" : "", (int)url->authority.n, url->authority.at);
    atomic_store_explicit(&target->state, 2, memory_order_release);
}

const char *first_target_get(const struct first_target *target)
{
    return atomic_load_explicit(&target->state, memory_order_acquire) == 2
               ? target->text
               : NULL;
}
