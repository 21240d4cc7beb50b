#include "profile/strings.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct key {
    const char *s;
    size_t len;
};

const char *strings_get(const struct strings *strings, uint32_t id, size_t *len)
{
    size_t start = id > 0 ? strings->ends[id - 1] + 1 : 0;
    if (len)
        *len = strings->ends[id] - start;
    return strings->bytes.data + start;
}

static bool is_same_string(const void *ctx, const void *key, uint32_t position)
{
    const struct key *k = key;
    size_t len;
    const char *s = strings_get(ctx, position, &len);
    return len == k->len && memcmp(s, k->s, len) == 0;
}

uint32_t strings_add(struct strings *strings, const char *s, size_t len)
{
    struct key key = {s, len};
    uint64_t hash = index_hash(s, len, 0);
    uint32_t found =
        index_find(&strings->index, hash, is_same_string, strings, &key);
    if (found != INDEX_NONE)
        return found;
    size_t *ends = array_grow(strings->ends, strings->n, &strings->n_allocated,
                              64, sizeof *ends);
    if (!ends)
        return INDEX_NONE;
    strings->ends = ends;
    if (!buf_reserve(&strings->bytes, len + 1) ||
        !index_add(&strings->index, hash, strings->n))
        return INDEX_NONE;
    buf_append(&strings->bytes, s, len);
    strings->ends[strings->n] = strings->bytes.len;
    buf_putc(&strings->bytes, '\0');
    return strings->n++;
}

bool strings_init(struct strings *strings)
{
    *strings = (struct strings){0};
    return strings_add(strings, "", 0) == 0;
}

void strings_fini(struct strings *strings)
{
    buf_fini(&strings->bytes);
    free(strings->ends);
    index_fini(&strings->index);
}
