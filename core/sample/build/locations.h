/* locations.h -- makes the locations of a profile from the frames (frames.h) of
 * its stacks, each once.
 *
 * A native frame has its real address and mapping, and its functions and lines
 * from debug information, those of inlined functions too. The mapping's has_*
 * flags say so. Without them pprof looks up the addresses again, with fewer
 * names: where it does not find the file, or reads less of it, a function
 * becomes "[perilune]". A C function that Lua calls has the name that Lua
 * knows, and its symbol as system_name. A Lua function has no mapping.
 *
 * Path: stack_samples.c -> [locations] -> vm_names.c, c_names.c,
 *       known_symbols.c, symbolize.c
 */
#ifndef SAMPLE_BUILD_LOCATIONS_H
#define SAMPLE_BUILD_LOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct locations;
struct profile;

/* Makes the map from frames to locations for one profile, which must live as
 * long. Returns NULL if out of memory. The caller frees it with
 * locations_free, which ignores NULL. */
struct locations *locations_new(struct profile *profile);
void locations_free(struct locations *locations);

/* Tells in the profile's mappings what their locations have, and in its
 * comments which files have changed (vm_names.h), and frees `locations`.
 * Returns false and sets err if `locations` is NULL or memory was too short for
 * the profile. */
bool locations_finish(struct locations *locations, struct err *err);

/* Returns the location id of a frame, 0 if out of memory. No lock may be held,
 * because a frame's first lookup reads symbol tables and source files, which
 * takes long. */
uint32_t locations_get(struct locations *locations, uint32_t frame);

/* Returns the id of a location that is only a remark, such as "[overflow]"; 0
 * if out of memory. */
uint32_t locations_note(struct locations *locations, const char *note);

#endif
