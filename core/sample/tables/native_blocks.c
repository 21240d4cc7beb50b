/* native_blocks.c -- the table uses open addressing with linear probing and is
 * at most half full. A removal moves later entries of the run into the hole, so
 * that the table needs no marks for removed entries (Knuth, vol. 3, 6.4,
 * algorithm R). */
#include "sample/tables/native_blocks.h"

#include <string.h>

#include "base/libc_malloc.h"
#include "sample/platform/quiet.h"

enum { FIRST_SLOTS = 1 << 10 };

_Atomic uint8_t native_blocks_filter[1 << NATIVE_BLOCKS_FILTER_BITS];

/* A quiet lock (quiet.h): guards all that follows, and writes to the filter. No
 * lock is taken while it is held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct native_block *slots; /* address NULL: the slot is free */
static size_t n_slots, n_blocks;

/* Returns the slot at which probing for the address begins. [lock] */
static size_t home_of(const void *address)
{
    return (native_blocks_hash(address) >> 20) & (n_slots - 1);
}

static size_t slot_after(size_t slot) { return (slot + 1) & (n_slots - 1); }

/* Returns the slot with the address, or else the free slot for it. [lock] */
static size_t find_slot(const void *address)
{
    size_t slot = home_of(address);
    while (slots[slot].address && slots[slot].address != address)
        slot = slot_after(slot);
    return slot;
}

/* Makes room for one more block. Returns false if out of memory. [lock] */
static bool grow_slots(void)
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
            slots[find_slot(old[i].address)] = old[i];
    libc_free(old);
    return true;
}

/* Returns true if probing from `home` to `slot` passes `hole`, so that the
 * entry in `slot` may move into `hole`. */
static bool passes_hole(size_t hole, size_t home, size_t slot)
{
    return ((slot - home) & (n_slots - 1)) >= ((slot - hole) & (n_slots - 1));
}

/* Frees the slot `hole` and closes the run behind it. [lock] */
static void empty_slot(size_t hole)
{
    for (size_t i = slot_after(hole); slots[i].address; i = slot_after(i)) {
        if (!passes_hole(hole, home_of(slots[i].address), i))
            continue;
        slots[hole] = slots[i];
        hole = i;
    }
    slots[hole].address = NULL;
}

/* Adds `change` to the address's counter. A counter that has reached its
 * maximum no longer knows its value, and stays. [lock] */
static void count_in_filter(const void *address, int change)
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
    bool has_room = grow_slots();
    if (has_room) {
        slots[find_slot(block->address)] = *block;
        n_blocks++;
        count_in_filter(block->address, 1);
    }
    quiet_unlock(&lock);
    return has_room;
}

bool native_blocks_remove(const void *address, struct native_block *block)
{
    quiet_lock(&lock);
    size_t slot = n_slots ? find_slot(address) : 0;
    bool found = n_slots && slots[slot].address;
    if (found) {
        *block = slots[slot];
        empty_slot(slot);
        n_blocks--;
        count_in_filter(address, -1);
    }
    quiet_unlock(&lock);
    return found;
}
