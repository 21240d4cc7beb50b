#include "profile/id_map.h"

#include <stdlib.h>

#include "base/array.h"

struct id_pair {
    uint64_t file_id;
    uint32_t id;
};

void id_map_fini(struct id_map *map)
{
    index_fini(&map->index);
    free(map->pairs);
    *map = (struct id_map){0};
}

static bool has_file_id(const void *ctx, const void *key, uint32_t position)
{
    const struct id_map *map = ctx;
    return map->pairs[position].file_id == *(const uint64_t *)key;
}

static uint64_t hash_file_id(uint64_t id)
{
    return index_hash(&id, sizeof id, 0);
}

uint32_t id_map_find(const struct id_map *map, uint64_t file_id)
{
    /* Most writers number their entries from 1, in order. */
    if (file_id - 1 < map->n && map->pairs[file_id - 1].file_id == file_id)
        return map->pairs[file_id - 1].id;
    uint32_t at = index_find(&map->index, hash_file_id(file_id), has_file_id,
                             map, &file_id);
    return at == INDEX_NONE ? 0 : map->pairs[at].id;
}

bool id_map_add(struct id_map *map, uint64_t file_id, uint32_t id)
{
    struct id_pair *pairs =
        array_grow(map->pairs, map->n, &map->n_allocated, 256, sizeof *pairs);
    if (!pairs)
        return false;
    map->pairs = pairs;
    map->pairs[map->n] = (struct id_pair){file_id, id};
    return index_add(&map->index, hash_file_id(file_id), map->n++);
}
