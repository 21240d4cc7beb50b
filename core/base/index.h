/* index.h -- a hash table of positions in an array of the caller.
 *
 *     slots of the index              array of the caller
 *     | hash      | position |        0: "main"
 *     | 5ac0173d  |    1     | -----> 1: "sort_rows"
 *     | (free)    |          |        2: "group_rows"
 *     | 01b2c9ee  |    0     |
 *
 * The table holds only pairs of a hash and a position. The caller keeps the
 * entries in its own array and passes a function that compares a key with the
 * entry at a position. Entries are never removed. Every interning table of the
 * program (strings, functions, locations, stacks) is an index over an array. An
 * index has no lock.
 */
#ifndef BASE_INDEX_H
#define BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index {
    struct index_slot *slots; /* from malloc; at most half of them are used */
    uint32_t n_slots;         /* a power of two, or 0 */
    uint32_t n_used;
};

#define INDEX_INIT ((struct index){0})
#define INDEX_NONE UINT32_MAX

/* Returns true if the entry at `position` of the array `ctx` is the entry that
 * `key` describes. */
typedef bool (*index_equal_fn)(const void *ctx, const void *key,
                               uint32_t position);

/* Frees the slots. The index is empty and usable again. */
void index_fini(struct index *x);

/* Returns the position that is stored for `key`, or INDEX_NONE. `hash` is the
 * hash of the key. */
uint32_t index_find(const struct index *x, uint64_t hash, index_equal_fn equal,
                    const void *ctx, const void *key);

/* Stores a position whose key is not in the index yet. Returns false if out of
 * memory. */
bool index_add(struct index *x, uint64_t hash, uint32_t position);

/* Makes room for `n` more positions, so that the next `n` calls of index_add
 * cannot fail. Returns false if out of memory. */
bool index_reserve(struct index *x, uint32_t n);

/* Returns the number of bytes that the slots take. */
size_t index_size_bytes(const struct index *x);

/* Returns a 64-bit hash of `n` bytes. `seed` is 0, or the hash of the bytes
 * before, to hash several pieces as one. The hash does not withstand an
 * adversary that chooses the bytes. */
uint64_t index_hash(const void *data, size_t n, uint64_t seed);

#endif
