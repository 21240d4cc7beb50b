/* frames.h -- the frames of which stacks are made, interned: a stack is an
 * array of ids. [any thread, not in a handler]
 */
#ifndef SAMPLE_TABLES_FRAMES_H
#define SAMPLE_TABLES_FRAMES_H

#include <lua.h>
#include <stdint.h>

enum frame_kind {
    FRAME_NATIVE, /* pc */
    FRAME_LUA,    /* a Lua function and a line of it */
    FRAME_C,      /* a C function that Lua called */
    FRAME_NOTE,   /* a remark in parentheses: "(finalizer)" */
};

struct frame {
    enum frame_kind kind;
    int32_t line; /* Lua: current line; 0: unknown */
    union {
        uintptr_t pc;      /* native: inside the instruction that calls, or
                              the interrupted one */
        uint32_t function; /* Lua: id for frames_vm_function */
        lua_CFunction c;   /* C */
        const char *note;  /* note: a string constant */
    };
};

enum { FRAME_FULL = 0 }; /* the id that stands for "no more room" */

/* The id of a frame, from 1 on; FRAME_FULL when out of memory. */
uint32_t frames_native(uintptr_t pc);
uint32_t frames_lua(const char *source, int line_defined, int line);
uint32_t frames_c(lua_CFunction c);
uint32_t frames_note(const char *note);

struct frame frames_get(uint32_t id);

/* Lives for ever. */
const struct vm_function *frames_vm_function(uint32_t function);

#endif
