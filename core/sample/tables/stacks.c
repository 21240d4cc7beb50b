#include "sample/tables/stacks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"

struct entry {
    size_t offset; /* of the entry's frames in `frames` */
    uint32_t n_frames;
    uint32_t labels;
    int64_t count, weight;
};

struct stacks {
    size_t limit_bytes;
    struct entry *entries;
    uint32_t n, n_allocated;
    uint32_t *frames; /* of all entries, one after the other */
    size_t n_frames, n_frames_allocated;
    struct index index;
    struct stack_entry overflow;
};

struct stacks *stacks_new(size_t limit_bytes)
{
    struct stacks *stacks = calloc(1, sizeof *stacks);
    if (stacks)
        stacks->limit_bytes = limit_bytes;
    return stacks;
}

void stacks_free(struct stacks *stacks)
{
    if (!stacks)
        return;
    free(stacks->entries);
    free(stacks->frames);
    index_fini(&stacks->index);
    free(stacks);
}

static bool is_same_stack(const void *ctx, const void *key, uint32_t position)
{
    const struct stacks *stacks = ctx;
    const struct stack_entry *k = key;
    const struct entry *e = &stacks->entries[position];
    return e->n_frames == k->n_frames && e->labels == k->labels &&
           (k->n_frames == 0 || memcmp(stacks->frames + e->offset, k->frames,
                                       k->n_frames * sizeof *k->frames) == 0);
}

/* Makes room for one more entry. Returns false if out of memory or if the table
 * would exceed its limit. */
static bool reserve_stack(struct stacks *s, uint32_t n_frames)
{
    size_t size = s->n_allocated * sizeof *s->entries +
                  s->n_frames_allocated * sizeof *s->frames +
                  index_size_bytes(&s->index);
    if (s->n == s->n_allocated) {
        uint32_t n = s->n ? s->n * 2 : 256;
        struct entry *grown = size + s->n * sizeof *grown > s->limit_bytes
                                  ? NULL
                                  : realloc(s->entries, n * sizeof *grown);
        if (!grown)
            return false;
        s->entries = grown;
        s->n_allocated = n;
    }
    if (s->n_frames + n_frames > s->n_frames_allocated) {
        size_t n = (s->n_frames + n_frames) * 2;
        uint32_t *grown = size + s->n_frames * sizeof *grown > s->limit_bytes
                              ? NULL
                              : realloc(s->frames, n * sizeof *grown);
        if (!grown)
            return false;
        s->frames = grown;
        s->n_frames_allocated = n;
    }
    return true;
}

static bool append_stack(struct stacks *s, const struct stack_entry *key,
                         uint64_t hash)
{
    if (!reserve_stack(s, key->n_frames) || !index_add(&s->index, hash, s->n))
        return false;
    if (key->n_frames > 0)
        memcpy(s->frames + s->n_frames, key->frames,
               key->n_frames * sizeof *key->frames);
    s->entries[s->n++] = (struct entry){s->n_frames, key->n_frames, key->labels,
                                        key->count, key->weight};
    s->n_frames += key->n_frames;
    return true;
}

uint32_t stacks_add(struct stacks *stacks, const uint32_t *frames,
                    uint32_t n_frames, uint32_t labels, int64_t count,
                    int64_t weight)
{
    struct stack_entry key = {frames, n_frames, labels, count, weight};
    uint64_t hash = index_hash(frames, n_frames * sizeof *frames, labels);
    uint32_t found =
        index_find(&stacks->index, hash, is_same_stack, stacks, &key);
    if (found != INDEX_NONE) {
        stacks->entries[found].count += count;
        stacks->entries[found].weight += weight;
        return found;
    }
    if (append_stack(stacks, &key, hash))
        return stacks->n - 1;
    stacks->overflow.count += count;
    stacks->overflow.weight += weight;
    return STACKS_OVERFLOW;
}

uint32_t stacks_n(const struct stacks *stacks) { return stacks->n; }

struct stack_entry stacks_get(const struct stacks *stacks, uint32_t i)
{
    const struct entry *e = &stacks->entries[i];
    return (struct stack_entry){stacks->frames + e->offset, e->n_frames,
                                e->labels, e->count, e->weight};
}

struct stack_entry stacks_overflow(const struct stacks *stacks)
{
    return stacks->overflow;
}
