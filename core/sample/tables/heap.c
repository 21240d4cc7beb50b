#include "sample/tables/heap.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "sample/platform/own_work.h"
#include "sample/platform/quiet.h"
#include "sample/tables/labels.h"
#include "sample/tables/stacks.h"

static const size_t LIMIT_BYTES = 32 * 1024 * 1024;

/* A number of blocks is kept as an integer, in units of 1/65536 block, so that
 * a freed block subtracts exactly what its allocation added. */
enum { OBJECT_UNIT = 65536 };

struct values {
    int64_t alloc_objects, alloc_bytes, live_objects, live_bytes;
};

static size_t rate_bytes = HEAP_RATE_DEFAULT;

/* A quiet lock (quiet.h): guards all that follows. No lock is taken while it is
 * held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stacks *stacks;
static struct values *values; /* indexed by the position in `stacks` */
static uint32_t n_values;
static struct values overflow; /* of blocks without an entry */

void heap_set_rate(size_t mean_bytes) { rate_bytes = mean_bytes; }

size_t heap_rate(void) { return rate_bytes; }

int64_t heap_next_gap(uint64_t *random)
{
    return rate_bytes ? random_gap(random, (double)rate_bytes) : INT64_MAX;
}

/* Returns the number of blocks and bytes that a sampled block of `size` bytes
 * counts as. */
static struct values weigh(size_t size)
{
    double n = (double)(size > 0 ? size : 1);
    double blocks = -1 / expm1(-n / (double)rate_bytes);
    struct values w = {.alloc_objects = llround(blocks * OBJECT_UNIT),
                       .alloc_bytes = llround(blocks * (double)size)};
    return w;
}

/* Returns the values at a position, or `overflow` if out of memory. [lock] */
static struct values *values_at(uint32_t position)
{
    if (position == STACKS_OVERFLOW)
        return &overflow;
    if (position >= n_values) {
        uint32_t n = (position + 1) * 2;
        struct values *grown = realloc(values, n * sizeof *grown);
        if (!grown)
            return &overflow;
        memset(grown + n_values, 0, (n - n_values) * sizeof *grown);
        values = grown;
        n_values = n;
    }
    return &values[position];
}

/* An entry is for one stack, one set of labels and one class of sizes. Profiles
 * show the class as the label `bytes`. Tools that compare two profiles identify
 * samples by their labels, so the label must not change with time, as the mean
 * size of the blocks would. There are four classes per doubling, as allocators
 * have: each size up to 8 bytes, then 10, 12, 14, 16, 20, ... The upper 8 bits
 * of the labels in `stacks` hold the class, and the bit below marks the blocks
 * of the profiler (own_work.h). */
enum { CLASS_SHIFT = 24, OWN_SHIFT = 23 };
static const uint32_t LABELS_MASK = (1 << OWN_SHIFT) - 1;

static unsigned class_of(size_t size)
{
    size_t last = size > 0 ? size - 1 : 0;
    if (last < 4)
        return (unsigned)last;
    unsigned log = 63 - (unsigned)__builtin_clzll(last);
    return (log - 1) * 4 + (unsigned)(last >> (log - 2) & 3);
}

/* Returns the largest size of a class. */
static size_t bytes_of_class(unsigned size_class)
{
    if (size_class < 4)
        return size_class + 1;
    unsigned log = size_class / 4 + 1;
    return ((size_t)(4 + size_class % 4) + 1) << (log - 2);
}

static bool is_own(uint32_t labels) { return labels >> OWN_SHIFT & 1; }

/* Returns the labels under which `stacks` counts a block of the calling thread.
 */
static uint32_t labels_of_block(uint32_t labels, size_t size)
{
    return (labels & LABELS_MASK) | (uint32_t)own_work_is_on() << OWN_SHIFT |
           (uint32_t)class_of(size) << CLASS_SHIFT;
}

static uint32_t add_block(const uint32_t *frames, unsigned n_frames,
                          uint32_t labels, size_t size)
{
    struct values w = weigh(size);
    quiet_lock(&lock);
    if (!stacks)
        stacks = stacks_new(LIMIT_BYTES);
    uint32_t position = STACKS_OVERFLOW;
    if (stacks && frames)
        position = stacks_add(stacks, frames, n_frames,
                              labels_of_block(labels, size), 1, 0);
    struct values *v = values_at(position);
    if (v == &overflow)
        position = STACKS_OVERFLOW;
    v->alloc_objects += w.alloc_objects;
    v->alloc_bytes += w.alloc_bytes;
    v->live_objects += w.alloc_objects;
    v->live_bytes += w.alloc_bytes;
    quiet_unlock(&lock);
    return position;
}

uint32_t heap_add(const uint32_t *frames, unsigned n_frames, uint32_t labels,
                  const char *type, size_t size)
{
    /* If an allocation in labels_add were sampled, it would overwrite `frames`,
     * which are in the thread's memory of current_stack.c. */
    quiet_enter();
    if (frames)
        labels = type ? labels_add(labels, "type", type)
                      : labels_add(labels, "heap", "native");
    uint32_t position = add_block(frames, n_frames, labels, size);
    quiet_leave();
    return position;
}

void heap_remove(uint32_t position, size_t size)
{
    if (fork_depth > 0)
        return;
    struct values w = weigh(size);
    quiet_lock(&lock);
    struct values *v = values_at(position);
    v->live_objects -= w.alloc_objects;
    v->live_bytes -= w.alloc_bytes;
    quiet_unlock(&lock);
}

/* Returns whole blocks, rounded to the nearest. */
static int64_t to_blocks(int64_t objects)
{
    return (objects + OBJECT_UNIT / 2) / OBJECT_UNIT;
}

static struct heap_entry heap_entry_of(const struct values *v)
{
    return (struct heap_entry){.alloc_objects = to_blocks(v->alloc_objects),
                               .alloc_bytes = v->alloc_bytes,
                               .live_objects = to_blocks(v->live_objects),
                               .live_bytes = v->live_bytes};
}

/* Returns NULL if out of memory. [lock] */
static struct heap_snapshot *copy_heap(void)
{
    uint32_t n = stacks ? stacks_n(stacks) : 0;
    size_t n_frames = 0;
    for (uint32_t i = 0; i < n; i++)
        n_frames += stacks_get(stacks, i).n_frames;
    struct heap_snapshot *s = malloc(sizeof *s + n * sizeof s->entries[0] +
                                     n_frames * sizeof(uint32_t));
    if (!s)
        return NULL;
    s->n = n;
    s->overflow = heap_entry_of(&overflow);
    uint32_t *frames = (uint32_t *)&s->entries[n];
    for (uint32_t i = 0; i < n; i++) {
        struct stack_entry stack = stacks_get(stacks, i);
        static const struct values none;
        s->entries[i] = heap_entry_of(i < n_values ? &values[i] : &none);
        s->entries[i].labels = stack.labels & LABELS_MASK;
        s->entries[i].is_own = is_own(stack.labels);
        s->entries[i].block_bytes = bytes_of_class(stack.labels >> CLASS_SHIFT);
        s->entries[i].frames = frames;
        s->entries[i].n_frames = stack.n_frames;
        memcpy(frames, stack.frames, stack.n_frames * sizeof *frames);
        frames += stack.n_frames;
    }
    return s;
}

uint32_t heap_n_entries(void)
{
    quiet_lock(&lock);
    uint32_t n = 0, n_stacks = stacks ? stacks_n(stacks) : 0;
    for (uint32_t i = 0; i < n_stacks; i++)
        n += !is_own(stacks_get(stacks, i).labels);
    quiet_unlock(&lock);
    return n;
}

struct heap_snapshot *heap_snapshot_take(void)
{
    quiet_lock(&lock);
    struct heap_snapshot *snapshot = copy_heap();
    quiet_unlock(&lock);
    return snapshot;
}
