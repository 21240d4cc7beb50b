/* prototypes.c -- the table uses open addressing with linear probing and is at
 * most half full. A removal moves later entries of the run into the hole
 * (Knuth, vol. 3, 6.4, algorithm R).
 */
#include "sample/tables/prototypes.h"

#include <string.h>

#include "base/libc_malloc.h"
#include "sample/platform/quiet.h"
#include "sample/tables/chunks.h"

struct slot {
    const void *prototype; /* NULL: the slot is free */
    const struct vm_function *function;
};

struct prototypes {
    size_t n_slots; /* a power of two */
    size_t n_used;
    struct slot *slots;
};

static lua_Alloc allocator_with_tables;

void prototypes_use_allocator(lua_Alloc allocator)
{
    allocator_with_tables = allocator;
}

struct prototypes **prototypes_of(lua_State *L)
{
    void *ud;
    if (lua_getallocf(L, &ud) != allocator_with_tables)
        return NULL;
    return ud;
}

static size_t home_of(const struct prototypes *table, const void *prototype)
{
    uint64_t hash = (uint64_t)(uintptr_t)prototype * 0x9e3779b97f4a7c15u;
    return (hash >> 32) & (table->n_slots - 1);
}

/* Returns the slot of the prototype, or else the free slot for it. */
static struct slot *find_slot(const struct prototypes *table,
                              const void *prototype)
{
    size_t i = home_of(table, prototype);
    while (table->slots[i].prototype && table->slots[i].prototype != prototype)
        i = (i + 1) & (table->n_slots - 1);
    return &table->slots[i];
}

/* Makes room for `n` more prototypes. Returns false if out of memory. */
static bool reserve_slots(struct prototypes *table, uint32_t n)
{
    struct prototypes grown = {.n_slots = table->n_slots ? table->n_slots : 16};
    while (grown.n_slots < 2 * (table->n_used + n))
        grown.n_slots *= 2;
    if (grown.n_slots == table->n_slots)
        return true;
    grown.slots = libc_malloc(grown.n_slots * sizeof *grown.slots);
    if (!grown.slots)
        return false;
    memset(grown.slots, 0, grown.n_slots * sizeof *grown.slots);
    for (size_t i = 0; i < table->n_slots; i++)
        if (table->slots[i].prototype)
            *find_slot(&grown, table->slots[i].prototype) = table->slots[i];
    grown.n_used = table->n_used;
    struct slot *old = table->slots;
    *table = grown;
    libc_free(old);
    return true;
}

static void fill_slots(struct prototypes *table,
                       const struct loaded_chunk *loaded,
                       const struct vm_function *function)
{
    for (uint32_t i = 0; i < loaded->n; i++) {
        struct slot *slot = find_slot(table, loaded->prototypes[i].prototype);
        if (slot->prototype)
            chunks_release(slot->function);
        else
            table->n_used++;
        *slot = (struct slot){loaded->prototypes[i].prototype, function};
        function = chunks_next(function);
    }
}

void prototypes_add(struct prototypes **table,
                    const struct loaded_chunk *loaded)
{
    if (fork_depth > 0)
        return;
    quiet_enter();
    if (!*table && (*table = libc_malloc(sizeof **table)))
        **table = (struct prototypes){0};
    if (*table && reserve_slots(*table, loaded->n)) {
        const struct vm_function *first = chunks_use(loaded);
        if (first)
            fill_slots(*table, loaded, first);
    }
    quiet_leave();
}

/* Frees the slot `hole` and closes the run behind it. */
static void empty_slot(struct prototypes *table, size_t hole)
{
    size_t mask = table->n_slots - 1;
    struct slot *slots = table->slots;
    for (size_t i = (hole + 1) & mask; slots[i].prototype; i = (i + 1) & mask) {
        size_t home = home_of(table, slots[i].prototype);
        if (((i - home) & mask) < ((i - hole) & mask))
            continue; /* probing for this entry does not pass the hole */
        slots[hole] = slots[i];
        hole = i;
    }
    slots[hole].prototype = NULL;
}

void prototypes_forget(struct prototypes *table, const void *block)
{
    if (table->n_used == 0)
        return;
    struct slot *slot = find_slot(table, block);
    if (!slot->prototype)
        return;
    const struct vm_function *function = slot->function;
    empty_slot(table, (size_t)(slot - table->slots));
    table->n_used--;
    chunks_release(function); /* no slot leads to it any more */
}

void prototypes_free(struct prototypes *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->n_slots; i++)
        if (table->slots[i].prototype)
            chunks_release(table->slots[i].function);
    libc_free(table->slots);
    libc_free(table);
}

const struct vm_function *prototypes_find(const struct prototypes *table,
                                          const void *prototype)
{
    if (!table || table->n_used == 0 || !prototype)
        return NULL;
    /* The number of steps is bounded: a thread that reads from outside
     * (walk/outside.c) may find a table that its owner has just replaced. */
    size_t mask = table->n_slots - 1, first = home_of(table, prototype);
    for (size_t i = 0; i <= mask; i++) {
        const struct slot *slot = &table->slots[(first + i) & mask];
        if (slot->prototype == prototype)
            return slot->function;
        if (!slot->prototype)
            break;
    }
    return NULL;
}

size_t prototypes_size_bytes(const struct prototypes *table, size_t *n)
{
    *n = table ? table->n_used : 0;
    return table ? sizeof *table + table->n_slots * sizeof *table->slots : 0;
}
