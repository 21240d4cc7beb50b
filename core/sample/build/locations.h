/* locations.h -- makes the locations of a profile of frames (frames.h).
 *
 * A Lua function, and a C function that Lua calls, has address 0 and no
 * mapping: no client renames it. A native frame has its real address and
 * mapping, whose has_* flags stay false: a client with debug info adds lines,
 * one without keeps our names.
 */
#ifndef SAMPLE_BUILD_LOCATIONS_H
#define SAMPLE_BUILD_LOCATIONS_H

#include <stdint.h>

struct locations;
struct profile;

/* NULL when out of memory. */
struct locations *locations_new(struct profile *profile);
void locations_free(struct locations *locations);

/* The location id of a frame id; 0 when out of memory. No lock held: symbols
 * may take long. */
uint32_t locations_get(struct locations *locations, uint32_t frame);

/* The location of a stack that has no frames: a remark. */
uint32_t locations_note(struct locations *locations, const char *note);

#endif
