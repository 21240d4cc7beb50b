#include "load/executor.h"

#include <stdio.h>
#include <string.h>

static const struct executor *const all[] = {
    &executor_shared_iterations,     &executor_per_vu_iterations,
    &executor_constant_vus,          &executor_ramping_vus,
    &executor_constant_arrival_rate, &executor_ramping_arrival_rate,
};
static const size_t n_all = sizeof all / sizeof *all;

const struct executor *executor_find(const char *name)
{
    for (size_t i = 0; i < n_all; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}

void executor_names(char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < n_all && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "",
                              all[i]->name);
}
