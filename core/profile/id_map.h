/* id_map.h -- translates the ids of a pprof file into ids of the model.
 *
 * A file may use any 64-bit numbers as ids; the model's ids are positions from
 * 1. Nearly all writers number their entries 1, 2, 3 ..., so a lookup tries
 * that position first and a hash index second.
 *
 * Path: pprof_read.c -> [id_map]
 */
#ifndef PROFILE_ID_MAP_H
#define PROFILE_ID_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/index.h"

/* A struct of zeros is an empty map. */
struct id_map {
    struct index index;
    struct id_pair *pairs;
    uint32_t n, n_allocated;
};

/* Frees what the map holds and makes it empty. */
void id_map_fini(struct id_map *map);

/* Returns the model's id, or 0 if the file's id is not in the map. */
uint32_t id_map_find(const struct id_map *map, uint64_t file_id);

/* Adds an id that is not in the map yet. Returns false if out of memory. */
bool id_map_add(struct id_map *map, uint64_t file_id, uint32_t id);

#endif
