#include "base/index.h"

#include <stdlib.h>
#include <string.h>

struct index_slot {
    uint32_t hash;     /* folded to 32 bits: its low bits choose the slot */
    uint32_t position; /* INDEX_NONE: free */
};

static uint32_t fold(uint64_t hash) { return (uint32_t)(hash ^ (hash >> 32)); }

void index_fini(struct index *x)
{
    free(x->slots);
    *x = INDEX_INIT;
}

uint32_t index_find(const struct index *x, uint64_t hash, index_equal_fn equal,
                    const void *ctx, const void *key)
{
    if (x->n_slots == 0)
        return INDEX_NONE;
    uint32_t mask = x->n_slots - 1;
    uint32_t folded = fold(hash);
    for (uint32_t i = folded & mask;; i = (i + 1) & mask) {
        const struct index_slot *slot = &x->slots[i];
        if (slot->position == INDEX_NONE)
            return INDEX_NONE;
        if (slot->hash == folded && equal(ctx, key, slot->position))
            return slot->position;
    }
}

static void place_entry(struct index_slot *slots, uint32_t n_slots,
                        struct index_slot entry)
{
    uint32_t mask = n_slots - 1;
    uint32_t i = entry.hash & mask;
    while (slots[i].position != INDEX_NONE)
        i = (i + 1) & mask;
    slots[i] = entry;
}

static bool double_slots(struct index *x)
{
    uint32_t n_slots = x->n_slots ? x->n_slots * 2 : 64;
    struct index_slot *slots = malloc(n_slots * sizeof *slots);
    if (!slots)
        return false;
    memset(slots, 0xff, n_slots * sizeof *slots);
    for (uint32_t i = 0; i < x->n_slots; i++)
        if (x->slots[i].position != INDEX_NONE)
            place_entry(slots, n_slots, x->slots[i]);
    free(x->slots);
    x->slots = slots;
    x->n_slots = n_slots;
    return true;
}

bool index_add(struct index *x, uint64_t hash, uint32_t position)
{
    if (x->n_used >= x->n_slots / 2 && !double_slots(x))
        return false;
    place_entry(x->slots, x->n_slots,
                (struct index_slot){fold(hash), position});
    x->n_used++;
    return true;
}

bool index_reserve(struct index *x, uint32_t n)
{
    while (x->n_used + n > x->n_slots / 2)
        if (!double_slots(x))
            return false;
    return true;
}

size_t index_size_bytes(const struct index *x)
{
    return x->n_slots * sizeof *x->slots;
}

uint64_t index_hash(const void *data, size_t n, uint64_t seed)
{
    const unsigned char *bytes = data;
    uint64_t hash = seed ^ 0xcbf29ce484222325u;
    for (; n >= 8; n -= 8, bytes += 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    for (; n > 0; n--, bytes++)
        hash = (hash ^ *bytes) * 0x100000001b3u;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    return hash ^ (hash >> 32);
}
