/* id_map.h -- from the ids of a file, any 64-bit numbers, to ours.
 * Path: pprof_read.c -> [id_map] */
#ifndef PROFILE_ID_MAP_H
#define PROFILE_ID_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/index.h"

/* All zeros: empty. */
struct id_map {
    struct index index;
    struct id_pair *pairs;
    uint32_t n, n_allocated;
};

void id_map_fini(struct id_map *map);

/* Our id, 0 when there is none. */
uint32_t id_map_find(const struct id_map *map, uint64_t file_id);

/* Store an id that is not there yet. False when out of memory. */
bool id_map_add(struct id_map *map, uint64_t file_id, uint32_t id);

#endif
