/* stitch.h -- makes one stack of a sample's native and Lua stacks.
 *
 *   leaf   native frames    called by the innermost function: memcpy,
 *                           luaH_resize, luaC_step
 *          the C function   if one runs, under its Lua name
 *          Lua frames       Lua functions with lines, and the C functions
 *                           between them
 *   root   native frames    below the first lua_resume or lua_pcall, out to
 *                           the thread's start
 *
 * The interpreter's own frames between Lua frames are dropped. A sample without
 * a Lua stack keeps its native frames.
 *
 * Path: collector.c, current_stack.c -> [stitch] -> frames.c
 */
#ifndef SAMPLE_WALK_STITCH_H
#define SAMPLE_WALK_STITCH_H

#include <stdint.h>

#include "sample/walk/sample.h"

struct vm_functions;

/* The longest stack: both parts, and notes such as "(truncated)". */
enum { STITCH_MAX = SAMPLE_MAX_NATIVE + SAMPLE_LUA_SLOTS + 4 };

/* Writes the stack to `out`, which has room for STITCH_MAX frames, leaf first,
 * as ids of frames.h. Returns its length. Frames for which frames.h has no
 * memory are left out. `functions` is the table of the thread that the sample
 * is of; it may be NULL if the sample has no Lua stack. [the collector, or the
 * sampled thread itself outside a handler] */
unsigned stitch(const struct sample *sample,
                const struct vm_functions *functions, uint32_t *out);

#endif
