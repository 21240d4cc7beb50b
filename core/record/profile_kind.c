#include "record/profile_kind.h"

#include <stdio.h>
#include <string.h>

#include "profile/profile.h"

#define PROFILE_KIND_POINTER(name) &profile_kind_##name,
const struct profile_kind *const profile_kinds[PROFILE_N_KINDS] = {
    PROFILE_KINDS(PROFILE_KIND_POINTER)};

unsigned profile_kind_id(const struct profile_kind *kind)
{
    unsigned id = 0;
    while (profile_kinds[id] != kind)
        id++;
    return id;
}

const struct profile_kind *profile_kind_of_endpoint(const char *endpoint)
{
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        if (strcmp(profile_kinds[id]->endpoint, endpoint) == 0)
            return profile_kinds[id];
    return NULL;
}

const struct profile_kind *profile_kind_of_load(const char *name, size_t n)
{
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++) {
        const struct profile_kind *kind = profile_kinds[id];
        if (kind->shown_type && strlen(kind->name) == n &&
            memcmp(kind->name, name, n) == 0)
            return kind;
    }
    return NULL;
}

void profile_kind_names_of_load(char *out, size_t size)
{
    size_t n = 0;
    *out = '\0';
    for (unsigned id = 0; id < PROFILE_N_KINDS && n < size; id++)
        if (profile_kinds[id]->shown_type)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "",
                                  profile_kinds[id]->name);
}

int profile_kind_sample_type(const struct profile_kind *kind, const char *name)
{
    for (int i = 0; i < 4 && kind->sample_types[i].type; i++)
        if (strcmp(kind->sample_types[i].type, name) == 0)
            return i;
    return -1;
}

void profile_kinds_prepare(void)
{
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        if (profile_kinds[id]->prepare)
            profile_kinds[id]->prepare();
}

static uint32_t intern(struct profile *p, const char *s)
{
    return s ? profile_text(p, s) : 0;
}

struct profile *profile_kind_empty(const struct profile_kind *kind,
                                   int64_t time_ns, int64_t duration_ns,
                                   struct err *err)
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
