#include "base/array.h"

#include <stdlib.h>

void *array_grow(void *items, uint32_t n, uint32_t *n_allocated, uint32_t first,
                 size_t size)
{
    if (n < *n_allocated)
        return items;
    uint32_t wanted = n ? n * 2 : first;
    void *grown = realloc(items, wanted * size);
    if (grown)
        *n_allocated = wanted;
    return grown;
}
