/* stitch.h -- makes one stack of a sample's native and Lua stacks.
 *
 *   leaf   native frames      what the innermost function calls: memcpy,
 *                             luaH_resize, luaC_step
 *          the C function     if one runs, under its Lua name
 *          Lua frames         Lua functions with lines, and the C functions
 *                             between them
 *   root   native frames      below the first lua_resume or lua_pcall, out to
 *                             the thread's start
 *
 * The VM's own frames between Lua frames are dropped.
 *
 * Path: collector.c -> [stitch] -> session.c; heap.c
 */
#ifndef SAMPLE_WALK_STITCH_H
#define SAMPLE_WALK_STITCH_H

#include <stdint.h>

#include "sample/walk/sample.h"

struct vm_functions;

enum { STITCH_MAX = SAMPLE_MAX_NATIVE + SAMPLE_MAX_LUA + 4 };

/* Write the stack, leaf first, as ids of frames.h; returns its length.
 * `functions` is the table of the thread that the sample is of.
 * [collector, or that thread itself] */
unsigned stitch(const struct sample *sample,
                const struct vm_functions *functions, uint32_t *out);

#endif
