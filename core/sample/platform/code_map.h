/* code_map.h -- which parts of the program's own code are the Lua core.
 *
 * Read once from the program's symbol table (.symtab: the VM's functions are
 * hidden from the dynamic one). The handler asks it whether Lua's frames are
 * at rest, the collector where Lua's part of a native stack begins and ends.
 */
#ifndef SAMPLE_PLATFORM_CODE_MAP_H
#define SAMPLE_PLATFORM_CODE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum code_kind {
    CODE_OTHER = 0, /* not Lua's core: C functions, libraries, ours */
    CODE_CORE,      /* any other function of the core */
    CODE_VM,        /* luaV_execute: one native frame per run of Lua frames */
    CODE_C_CALL,    /* calls C functions: luaD_precall and the like */
    CODE_COLLECTOR, /* GCTM: calls a finalizer */
};

/* Read the symbol table. False: none, or it lacks what it must have; then
 * every address is CODE_OTHER. */
bool code_map_init(struct err *err);

/* [signal] What the code at `pc` is. For a return address ask for the byte
 * before it. */
enum code_kind code_map_kind(uintptr_t pc);

/* The name of the core's function at `pc`, or of lauxlib's function that
 * allocates buffers; "" for any other. Lives for ever. */
const char *code_map_name(uintptr_t pc);

#endif
