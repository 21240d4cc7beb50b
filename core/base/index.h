/* index.h -- a hash table of positions in the caller's own array.
 *
 * The table holds (hash, position) pairs only: the caller keeps the entries
 * in an array, tells equal from unequal, and never removes one. Every
 * interning table of the program is one of these over its array.
 */
#ifndef BASE_INDEX_H
#define BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index {
    struct index_slot *slots; /* a power of two, at most half full */
    uint32_t n_slots;
    uint32_t n_used;
};

#define INDEX_INIT ((struct index){0})
#define INDEX_NONE UINT32_MAX

/* Is the entry at `position` the one that `key` describes? */
typedef bool (*index_equal_fn)(const void *ctx, const void *key,
                               uint32_t position);

void index_fini(struct index *x);

/* The position stored for `key`, or INDEX_NONE. */
uint32_t index_find(const struct index *x, uint64_t hash, index_equal_fn equal,
                    const void *ctx, const void *key);

/* Store a position whose key is not there yet. False when out of memory. */
bool index_add(struct index *x, uint64_t hash, uint32_t position);

/* Room for `n` more, so that as many index_add calls allocate nothing. False
 * when out of memory. */
bool index_reserve(struct index *x, uint32_t n);

/* Bytes held by the table. */
size_t index_size_bytes(const struct index *x);

/* A 64-bit hash of `n` bytes, not for use against an adversary; continue from
 * an earlier hash by passing it as `seed` (0 to begin). */
uint64_t index_hash(const void *data, size_t n, uint64_t seed);

#endif
