/* prototype.h -- reads Lua's prototypes: what the compiler makes of a function,
 * once for all closures of it.
 *
 * A prototype's address tells functions apart where source and line do not: two
 * functions of one line, or the function of a line before and after an edit.
 * The API does not show prototypes, so this file reads Lua's structures. A
 * self-test proves their layout. It is that of Lua 5.4.0 to 5.4.8 on machines
 * of 64 bits.
 *
 * Path: hooks/recorded_load.c, walk/vm_stack.c -> [prototype]
 */
#ifndef SAMPLE_PLATFORM_PROTOTYPE_H
#define SAMPLE_PLATFORM_PROTOTYPE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes of a prototype, as its allocator sees them. */
enum { PROTOTYPE_BYTES = 128 };

/* Tests the layout on states of its own. Returns false if it is another: all
 * functions below then find nothing. Called once, at start, before other
 * threads start. */
bool prototype_self_test(void);

/* Returns true if the self-test has passed. [any thread] */
bool prototype_is_readable(void);

/* Returns the prototype of the function at `index` of the stack, or NULL if it
 * is no Lua function. [the state's thread] */
const void *prototype_at(lua_State *L, int index);

/* Returns the prototype that frame `ci` (lua_Debug.i_ci) runs, or NULL if the
 * frame has none. In a handler, the frame may be half made: the result is then
 * NULL or any address. [signal, under fault_guard_run; elsewhere the state's
 * thread] */
const void *prototype_of_frame(const void *ci);

/* Returns the number of the functions that stand directly inside, and one of
 * them. */
uint32_t prototype_n_inner(const void *prototype);
const void *prototype_inner(const void *prototype, uint32_t i);

/* Returns lua_Debug.linedefined of the function. */
int prototype_line(const void *prototype);

/* Returns the function's first instruction, and sets *n to their number. An
 * instruction has 4 bytes. [signal, under fault_guard_run; elsewhere the
 * state's thread] */
const uint32_t *prototype_code(const void *prototype, int *n);

/* Returns a hash of the function's instructions and lines. string.dump and load
 * keep it. The functions inside have hashes of their own. */
uint32_t prototype_code_hash(const void *prototype);

#endif
