/* native_blocks.c -- open addressing with linear probing, at most half full; a
 * removed entry's run is closed again (Knuth, vol. 3, 6.4, algorithm R). */
#include "sample/tables/native_blocks.h"

#include <string.h>

#include "base/libc_malloc.h"
#include "sample/platform/quiet.h"

enum { FIRST_SLOTS = 1 << 10 };

_Atomic uint8_t native_blocks_filter[1 << NATIVE_BLOCKS_FILTER_BITS];

/* Guards all that follows, and the filter's changes. Nothing is taken inside.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct native_block *slots; /* address NULL: free */
static size_t n_slots, n_blocks;

static size_t home_of(const void *address)
{
    return (native_blocks_hash(address) >> 20) & (n_slots - 1);
}

static size_t after(size_t slot) { return (slot + 1) & (n_slots - 1); }

/* The address's slot, or the free one where it belongs. [lock] */
static size_t find(const void *address)
{
    size_t slot = home_of(address);
    while (slots[slot].address && slots[slot].address != address)
        slot = after(slot);
    return slot;
}

/* [lock] */
static bool make_room(void)
{
    if (2 * (n_blocks + 1) <= n_slots)
        return true;
    size_t n_old = n_slots, n = n_old ? 2 * n_old : FIRST_SLOTS;
    struct native_block *old = slots, *grown = libc_malloc(n * sizeof *grown);
    if (!grown)
        return false;
    memset(grown, 0, n * sizeof *grown);
    slots = grown;
    n_slots = n;
    for (size_t i = 0; i < n_old; i++)
        if (old[i].address)
            slots[find(old[i].address)] = old[i];
    libc_free(old);
    return true;
}

/* Whoever probes from `home` for what is in `slot` passes `hole`. */
static bool is_behind(size_t hole, size_t home, size_t slot)
{
    return ((slot - home) & (n_slots - 1)) >= ((slot - hole) & (n_slots - 1));
}

/* [lock] */
static void empty(size_t hole)
{
    for (size_t i = after(hole); slots[i].address; i = after(i)) {
        if (!is_behind(hole, home_of(slots[i].address), i))
            continue;
        slots[hole] = slots[i];
        hole = i;
    }
    slots[hole].address = NULL;
}

/* [lock] */
static void count(const void *address, int change)
{
    _Atomic uint8_t *counter = native_blocks_counter(address);
    uint8_t n = atomic_load_explicit(counter, memory_order_relaxed);
    if (n < UINT8_MAX)
        atomic_store_explicit(counter, (uint8_t)(n + change),
                              memory_order_relaxed);
}

bool native_blocks_add(const struct native_block *block)
{
    quiet_lock(&lock);
    bool has_room = make_room();
    if (has_room) {
        slots[find(block->address)] = *block;
        n_blocks++;
        count(block->address, 1);
    }
    quiet_unlock(&lock);
    return has_room;
}

bool native_blocks_remove(const void *address, struct native_block *block)
{
    quiet_lock(&lock);
    size_t slot = n_slots ? find(address) : 0;
    bool found = n_slots && slots[slot].address;
    if (found) {
        *block = slots[slot];
        empty(slot);
        n_blocks--;
        count(address, -1);
    }
    quiet_unlock(&lock);
    return found;
}
