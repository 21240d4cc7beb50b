#include "sample/walk/ring.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "sample/walk/sample.h"

/* The three counters count samples and wrap around: read <= published <=
 * written. `written` belongs to the writer alone. The writer's release store of
 * `published` pairs with the reader's acquire load, so that the reader sees
 * whole samples; the reader's release of `read` pairs with the writer's acquire
 * load, so that the writer overwrites no sample that is being read. */
struct ring {
    struct sample *slots;
    uint32_t mask;
    uint32_t written;
    _Atomic uint32_t published;
    _Atomic uint32_t read;
};

struct ring *ring_new(uint32_t slots)
{
    struct ring *ring = calloc(1, sizeof *ring);
    if (!ring)
        return NULL;
    /* The pages of a large calloc are not touched until they are used: a thread
     * that is never sampled needs no memory for its slots. */
    ring->slots = calloc(slots, sizeof *ring->slots);
    ring->mask = slots - 1;
    if (!ring->slots) {
        free(ring);
        return NULL;
    }
    return ring;
}

void ring_free(struct ring *ring)
{
    if (!ring)
        return;
    free(ring->slots);
    free(ring);
}

struct sample *ring_begin(struct ring *ring)
{
    uint32_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
    if (ring->written - read > ring->mask)
        return NULL;
    return &ring->slots[ring->written & ring->mask];
}

void ring_commit(struct ring *ring) { ring->written++; }

uint32_t ring_n_pending(const struct ring *ring)
{
    return ring->written -
           atomic_load_explicit(&ring->published, memory_order_relaxed);
}

struct sample *ring_pending(const struct ring *ring, uint32_t i)
{
    uint32_t first =
        atomic_load_explicit(&ring->published, memory_order_relaxed);
    return &ring->slots[(first + i) & ring->mask];
}

void ring_publish(struct ring *ring)
{
    atomic_store_explicit(&ring->published, ring->written,
                          memory_order_release);
}

struct sample *ring_newest(const struct ring *ring)
{
    return &ring->slots[(ring->written - 1) & ring->mask];
}

uint32_t ring_n_published(const struct ring *ring)
{
    return atomic_load_explicit(&ring->published, memory_order_acquire) -
           atomic_load_explicit(&ring->read, memory_order_relaxed);
}

const struct sample *ring_published(const struct ring *ring, uint32_t i)
{
    uint32_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    return &ring->slots[(read + i) & ring->mask];
}

const struct sample *ring_peek(const struct ring *ring)
{
    return ring_n_published(ring) > 0 ? ring_published(ring, 0) : NULL;
}

void ring_pop(struct ring *ring)
{
    atomic_fetch_add_explicit(&ring->read, 1, memory_order_release);
}
