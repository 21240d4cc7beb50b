/* locations.h -- makes the locations of a profile from the frames (frames.h) of
 * its stacks, each once.
 *
 * A native frame keeps its real address and mapping. The has_* flags of the
 * mapping stay false: a reader with debug info adds lines and inlined
 * functions, and a reader without keeps our names. A Lua function, and a C
 * function that Lua calls, has no mapping, so that no reader renames it.
 *
 * Path: stack_samples.c -> [locations] -> vm_names.c, c_names.c,
 *       known_symbols.c, symbolize.c
 */
#ifndef SAMPLE_BUILD_LOCATIONS_H
#define SAMPLE_BUILD_LOCATIONS_H

#include <stdint.h>

struct locations;
struct profile;

/* Makes the map from frames to locations for one profile, which must live as
 * long. Returns NULL if out of memory. The caller frees it with
 * locations_free, which ignores NULL. */
struct locations *locations_new(struct profile *profile);
void locations_free(struct locations *locations);

/* Returns the location id of a frame, 0 if out of memory. No lock may be held,
 * because a frame's first lookup reads symbol tables and source files, which
 * takes long. */
uint32_t locations_get(struct locations *locations, uint32_t frame);

/* Returns the id of a location that is only a remark, such as "[overflow]"; 0
 * if out of memory. */
uint32_t locations_note(struct locations *locations, const char *note);

#endif
