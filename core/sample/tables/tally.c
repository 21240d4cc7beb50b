#include "sample/tables/tally.h"

#include <stdlib.h>
#include <string.h>

#include "sample/platform/quiet.h"
#include "sample/tables/stacks.h"

static const size_t LIMIT_BYTES = 8 * 1024 * 1024;

void tally_add(struct tally *tally, const uint32_t *frames, uint32_t n_frames,
               uint32_t labels, int64_t count, int64_t weight)
{
    if (fork_depth > 0)
        return;
    quiet_lock(&tally->lock);
    if (!tally->stacks)
        tally->stacks = stacks_new(LIMIT_BYTES);
    if (tally->stacks)
        stacks_add(tally->stacks, frames, n_frames, labels, count, weight);
    quiet_unlock(&tally->lock);
}

uint32_t tally_n(struct tally *tally)
{
    quiet_lock(&tally->lock);
    uint32_t n = tally->stacks ? stacks_n(tally->stacks) : 0;
    quiet_unlock(&tally->lock);
    return n;
}

void tally_fini(struct tally *tally)
{
    stacks_free(tally->stacks);
    tally->stacks = NULL;
}

static struct tally_entry tally_entry_of(const struct stack_entry *stack)
{
    return (struct tally_entry){.labels = stack->labels,
                                .n_frames = stack->n_frames,
                                .count = stack->count,
                                .weight = stack->weight};
}

/* `stacks` may be NULL. Returns NULL if out of memory. [lock] */
static struct tally_snapshot *copy_tally(const struct stacks *stacks)
{
    uint32_t n = stacks ? stacks_n(stacks) : 0;
    size_t n_frames = 0;
    for (uint32_t i = 0; i < n; i++)
        n_frames += stacks_get(stacks, i).n_frames;
    struct tally_snapshot *s = calloc(1, sizeof *s + n * sizeof s->entries[0] +
                                             n_frames * sizeof(uint32_t));
    if (!s)
        return NULL;
    s->n = n;
    uint32_t *frames = (uint32_t *)&s->entries[n];
    for (uint32_t i = 0; i < n; i++) {
        struct stack_entry stack = stacks_get(stacks, i);
        s->entries[i] = tally_entry_of(&stack);
        s->entries[i].frames = frames;
        if (stack.n_frames > 0)
            memcpy(frames, stack.frames, stack.n_frames * sizeof *frames);
        frames += stack.n_frames;
    }
    if (stacks) {
        struct stack_entry rest = stacks_overflow(stacks);
        s->overflow = tally_entry_of(&rest);
    }
    return s;
}

struct tally_snapshot *tally_snapshot_take(struct tally *tally)
{
    quiet_lock(&tally->lock);
    struct tally_snapshot *snapshot = copy_tally(tally->stacks);
    quiet_unlock(&tally->lock);
    return snapshot;
}
