/* code_map.h -- tells which parts of the program's code are the Lua core.
 *
 * The map is read once, at start, from the program's symbol table (.symtab,
 * because the interpreter's functions are hidden from the dynamic table). The
 * signal handler asks the map whether Lua's frames are at rest; the collector
 * asks where Lua's part of a native stack begins and ends. The map is an array
 * of address ranges, sorted by start; a lookup is a binary search, takes no
 * lock and allocates nothing.
 *
 * Path: [code_map] -> cpu.c, safepoint.c, vm_line.c, stitch.c, vm_heap_type.c
 */
#ifndef SAMPLE_PLATFORM_CODE_MAP_H
#define SAMPLE_PLATFORM_CODE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum code_kind {
    CODE_OTHER = 0, /* not Lua's core: C functions, libraries, this program */
    CODE_CORE,      /* any function of the core that is not named below */
    CODE_VM,        /* luaV_execute: one native frame per run of Lua frames */
    CODE_C_CALL,    /* calls C functions: luaD_precall and the like */
    CODE_COLLECTOR, /* GCTM, the collector's function that calls a finalizer */
};

/* Reads the symbol table. Returns false and sets err if there is no table or
 * if the table lacks luaV_execute, luaD_precall or GCTM; every address is then
 * CODE_OTHER. Called once, at start, before the other functions. */
bool code_map_init(struct err *err);

/* Returns the kind of the code at `pc`. For a return address the caller passes
 * the byte before it, which belongs to the call. [any thread, signal] */
enum code_kind code_map_kind(uintptr_t pc);

/* Returns the name of the core's function at `pc`, or of lauxlib's function
 * that allocates buffers (resizebox), or "" for any other code. The name lives
 * for ever. [any thread, signal] */
const char *code_map_name(uintptr_t pc);

#endif
