#include "measure/endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct key {
    const char *name;
    size_t n;
};

static const struct key other = {"other", 5};

static uint64_t hash_endpoint_key(const struct key *key)
{
    return index_hash(key->name, key->n, 0);
}

static bool is_of(const struct endpoint *endpoint, const struct key *key)
{
    return endpoint->n_name == key->n &&
           memcmp(endpoint->name, key->name, key->n) == 0;
}

static bool equal(const void *ctx, const void *key, uint32_t position)
{
    return is_of(&((const struct endpoints *)ctx)->all[position], key);
}

void endpoints_fini(struct endpoints *endpoints)
{
    for (uint32_t i = 0; i < endpoints->n; i++) {
        free(endpoints->all[i].name);
        histogram_fini(&endpoints->all[i].duration);
    }
    free(endpoints->all);
    index_fini(&endpoints->index);
    *endpoints = ENDPOINTS_INIT;
}

static uint32_t add_endpoint(struct endpoints *e, const struct key *key)
{
    struct endpoint *all = array_grow(e->all, e->n, &e->cap, 8, sizeof *all);
    char *name = all ? strndup(key->name, key->n) : NULL;
    if (all)
        e->all = all;
    if (!name || !index_add(&e->index, hash_endpoint_key(key), e->n)) {
        free(name);
        return INDEX_NONE;
    }
    e->all[e->n] = (struct endpoint){
        .name = name, .n_name = key->n, .merged_into = INDEX_NONE};
    return e->n++;
}

/* Returns the position of the endpoint, which is made if there is room;
 * otherwise the position of `other`. Returns INDEX_NONE if out of memory. */
static uint32_t need(struct endpoints *e, const struct key *key)
{
    if (e->last < e->n && is_of(&e->all[e->last], key))
        return e->last;
    uint32_t at = index_find(&e->index, hash_endpoint_key(key), equal, e, key);
    if (at == INDEX_NONE && e->n >= ENDPOINTS_MAX) {
        e->overflowed = true;
        key = &other;
        at = index_find(&e->index, hash_endpoint_key(key), equal, e, key);
    }
    if (at == INDEX_NONE)
        at = add_endpoint(e, key);
    if (at != INDEX_NONE)
        e->last = at;
    return at;
}

void endpoints_count(struct endpoints *endpoints, const char *name, size_t n,
                     bool failed, double duration_ms)
{
    struct key key = {name, n};
    uint32_t at = need(endpoints, &key);
    if (at == INDEX_NONE)
        return;
    struct endpoint *endpoint = &endpoints->all[at];
    endpoint->n_requests++;
    endpoint->n_failed += failed;
    histogram_record(&endpoint->duration, duration_ms);
}

bool endpoints_merge(struct endpoints *into, struct endpoints *from)
{
    bool ok = true;
    into->overflowed |= from->overflowed;
    for (uint32_t i = 0; i < from->n; i++) {
        struct endpoint *source = &from->all[i];
        if (source->n_requests == 0)
            continue;
        struct key key = {source->name, source->n_name};
        if (source->merged_into == INDEX_NONE)
            source->merged_into = need(into, &key);
        if (source->merged_into == INDEX_NONE) {
            ok = false;
            continue;
        }
        struct endpoint *target = &into->all[source->merged_into];
        target->n_requests += source->n_requests;
        target->n_failed += source->n_failed;
        source->n_requests = source->n_failed = 0;
        histogram_merge(&target->duration, &source->duration);
    }
    return ok;
}
