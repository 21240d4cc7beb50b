#include "target/profile_kind.h"

#include <stdio.h>
#include <string.h>

const struct profile_kind profile_kinds[PROFILE_N_KINDS] = {
    [PROFILE_CPU] = {"cpu", "profile", "cpu", false},
    [PROFILE_HEAP] = {"heap", "heap", "inuse_space", false},
    [PROFILE_ALLOCS] = {"allocs", "allocs", "alloc_space", false},
    [PROFILE_WALL] = {"wall", "wall", "wall", false},
    [PROFILE_BLOCK] = {"block", "block", "delay", false},
    [PROFILE_MUTEX] = {"mutex", "mutex", "delay", false},
    [PROFILE_GOROUTINE] = {"goroutine", "goroutine", "goroutine", true},
    [PROFILE_THREADCREATE] = {"threadcreate", "threadcreate", "threadcreate",
                              false},
};

enum profile_kind_id profile_kind_find(const char *name, size_t n)
{
    unsigned id = 0;
    while (id < PROFILE_N_KINDS && (strlen(profile_kinds[id].name) != n ||
                                    memcmp(profile_kinds[id].name, name, n)))
        id++;
    return (enum profile_kind_id)id;
}

void profile_kind_names(char *out, size_t size)
{
    size_t n = 0;
    for (unsigned id = 0; id < PROFILE_N_KINDS && n < size; id++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", id ? ", " : "",
                              profile_kinds[id].name);
}
