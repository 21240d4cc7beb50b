/* array.h -- arrays from malloc that grow by one item at a time.
 *
 * The caller keeps the pointer, the number of items and the room in variables
 * of its own, so that an array has the type of its items and is indexed as
 * usual. The room doubles, so that n items cost O(n) copies.
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/* Makes room for one more item behind the `n` items of `size` bytes in `items`,
 * which has room for `*n_allocated`: the room for `first` items, then twice as
 * much each time. Returns the array, which may have moved. Returns NULL if out
 * of memory; `items` then is as before. */
void *array_grow(void *items, uint32_t n, uint32_t *n_allocated, uint32_t first,
                 size_t size);

#endif
