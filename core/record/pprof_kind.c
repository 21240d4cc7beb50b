#include "record/pprof_kind.h"

#include <string.h>

#include "profile/profile.h"
#include "sample/hooks/contention.h"
#include "sample/hooks/thread_create.h"

#define HEAP_RATE_BYTES (512 * 1024)

#define HEAP_SAMPLE_TYPES                                                      \
    {                                                                          \
        {"alloc_objects", "count"}, {"alloc_space", "bytes"},                  \
            {"inuse_objects", "count"},                                        \
        {                                                                      \
            "inuse_space", "bytes"                                             \
        }                                                                      \
    }

#define CONTENTION_SAMPLE_TYPES                                                \
    {                                                                          \
        {"contentions", "count"}, { "delay", "nanoseconds" }                   \
    }

const struct pprof_kind pprof_kinds[] = {
    {.name = "allocs",
     .description = "A sampling of all past memory allocations.",
     .source = PPROF_HEAP,
     .sample_types = HEAP_SAMPLE_TYPES,
     .period_type = {"space", "bytes"},
     .period = HEAP_RATE_BYTES,
     .default_sample_type = "alloc_space"},
    {.name = "block",
     .description = "Stacks that waited for locks and channels.",
     .source = PPROF_TALLY,
     .tally = &contention_block_tally,
     .sample_types = CONTENTION_SAMPLE_TYPES,
     .period_type = {"contentions", "count"},
     .period = 1},
    {.name = "goroutine",
     .description = "Stacks of all coroutines and threads there are.",
     .source = PPROF_GOROUTINES,
     .sample_types = {{"goroutine", "count"}},
     .period_type = {"goroutine", "count"},
     .period = 1},
    {.name = "heap",
     .description = "A sampling of the memory of live objects.",
     .source = PPROF_HEAP,
     .sample_types = HEAP_SAMPLE_TYPES,
     .period_type = {"space", "bytes"},
     .period = HEAP_RATE_BYTES},
    {.name = "mutex",
     .description = "Stacks that held locks others waited for.",
     .source = PPROF_TALLY,
     .tally = &contention_mutex_tally,
     .sample_types = CONTENTION_SAMPLE_TYPES,
     .period_type = {"contentions", "count"},
     .period = 1},
    {.name = "profile",
     .description = "Where CPU time goes, for ?seconds=N (30), at ?rate=HZ "
                    "(100).",
     .source = PPROF_CPU,
     .sample_types = {{"samples", "count"}, {"cpu", "nanoseconds"}},
     .period_type = {"cpu", "nanoseconds"}},
    {.name = "threadcreate",
     .description = "Stacks that led to the making of threads.",
     .source = PPROF_TALLY,
     .tally = &thread_create_tally,
     .sample_types = {{"threadcreate", "count"}},
     .period_type = {"threadcreate", "count"},
     .period = 1},
    {.name = "trace",
     .description = "A timeline of requests, waits and collections, for "
                    "?seconds=N (1), for ui.perfetto.dev.",
     .source = PPROF_TRACE},
    {.name = "wall",
     .description = "Where time goes, on and off the CPU, threads and handlers "
                    "that wait, for ?seconds=N (30), at ?rate=HZ (100).",
     .source = PPROF_WALL,
     .sample_types = {{"samples", "count"}, {"wall", "nanoseconds"}},
     .period_type = {"wall", "nanoseconds"}},
};

const size_t pprof_n_kinds = sizeof pprof_kinds / sizeof *pprof_kinds;

const struct pprof_kind *pprof_kind_find(const char *name)
{
    for (size_t i = 0; i < pprof_n_kinds; i++)
        if (strcmp(pprof_kinds[i].name, name) == 0)
            return &pprof_kinds[i];
    return NULL;
}

static uint32_t intern(struct profile *p, const char *s)
{
    return s ? profile_string(p, s, strlen(s)) : 0;
}

bool pprof_kind_is_timed(const struct pprof_kind *kind)
{
    return kind->source == PPROF_CPU || kind->source == PPROF_WALL ||
           kind->source == PPROF_TRACE;
}

struct profile *pprof_kind_empty(const struct pprof_kind *kind, int64_t time_ns,
                                 int64_t duration_ns, struct err *err)
{
    struct profile *p = profile_new();
    if (!p) {
        err_set(err, "out of memory for a profile");
        return NULL;
    }
    for (size_t i = 0; i < 4 && kind->sample_types[i].type; i++)
        profile_add_sample_type(p, kind->sample_types[i].type,
                                kind->sample_types[i].unit);
    struct profile_header *header = profile_header(p);
    header->time_ns = time_ns;
    header->duration_ns = duration_ns;
    header->period_type.type = intern(p, kind->period_type.type);
    header->period_type.unit = intern(p, kind->period_type.unit);
    header->period = kind->period;
    header->default_sample_type = intern(p, kind->default_sample_type);
    if (!profile_failed(p))
        return p;
    profile_free(p);
    err_set(err, "out of memory for a profile");
    return NULL;
}
