#include "client/status_set.h"

const struct status_set status_set_default = {1, {{200, 399}}};

bool status_set_has(const struct status_set *set, int status)
{
    for (unsigned i = 0; i < set->n; i++)
        if (status >= set->ranges[i].first && status <= set->ranges[i].last)
            return true;
    return false;
}
