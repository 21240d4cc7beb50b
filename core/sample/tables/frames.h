/* frames.h -- the frames of all stacks, interned for the life of the process.
 *
 * A stack is an array of frame ids, and the same frame has the same id in each
 * stack of each profile. So stacks are compared and hashed as arrays of
 * numbers. A frame has no name: names, files and lines are looked up when a
 * profile is built, once for each frame of the profile (build/locations.h).
 * A frame is never freed, so the table grows with the code that is sampled.
 *
 * Path: stitch.c, coroutines.c -> [frames] -> stacks.c; locations.c
 */
#ifndef SAMPLE_TABLES_FRAMES_H
#define SAMPLE_TABLES_FRAMES_H

#include <lua.h>
#include <stdint.h>

struct vm_function;

/* All functions: [any thread, not in a handler] */

enum frame_kind {
    FRAME_NATIVE, /* native code: has `pc` */
    FRAME_LUA,    /* a line of a Lua function: has `function` and `line` */
    FRAME_C,      /* a C function that Lua called: has `c` and `offset` */
    FRAME_NOTE,   /* a remark in parentheses, "(finalizer)": has `note` */
};

struct frame {
    enum frame_kind kind;
    union {
        int32_t line;   /* the line that runs; 0: unknown */
        int32_t offset; /* of the instruction from `c`, if it is in that
                           function; 0: unknown */
    };
    union {
        uintptr_t pc;      /* inside the instruction that calls or that was
                              interrupted */
        uint32_t function; /* an id for frames_vm_function */
        lua_CFunction c;
        const char *note; /* a string constant */
    };
};

/* The id that no frame has. Stands for "out of memory" and for "no frame". */
enum { FRAME_FULL = 0 };

/* Each returns the id of a frame, from 1 on, or FRAME_FULL if out of memory.
 * The texts of `function` are copied. `line` may be -1 for unknown, `offset` 0.
 * `note` must be a string constant. */
uint32_t frames_native(uintptr_t pc);
uint32_t frames_lua(const struct vm_function *function, int line);
uint32_t frames_c(lua_CFunction c, int32_t offset);
uint32_t frames_note(const char *note);

/* Returns the frame with this id, which must not be FRAME_FULL. */
struct frame frames_get(uint32_t id);

/* Returns the Lua function of a FRAME_LUA. It lives for ever. */
const struct vm_function *frames_vm_function(uint32_t function);

#endif
