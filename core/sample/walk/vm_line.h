/* vm_line.h -- finds the line that the innermost Lua function runs when a
 * signal interrupts it.
 *
 * The interpreter keeps its position in a register and rereads the hook flag
 * only at jumps, calls and slow paths. When the hook comes, a straight stretch
 * of code is long past. So the handler reads the registers of luaV_execute's
 * frame, also while a function that luaV_execute has called runs (a
 * concatenation, a new table, a collection): the unwinder restores them.
 *
 *   interrupted                          line from
 *   luaV_execute, or called by it        the position register
 *   the same, where the compiler needs   the position in luaV_execute's frame
 *   all registers for other values
 *   a frame is being made or left        the saved position, from which the
 *                                        interpreter continues
 *   no frame of luaV_execute was found   the next safe point
 *
 * Which registers these are depends on how luaV_execute was compiled. A
 * self-test at start finds them by running known code, and proves at the same
 * time that Lua's structures have the layout that this file assumes.
 *
 * Path: vm_stack.c -> [vm_line]
 */
#ifndef SAMPLE_WALK_VM_LINE_H
#define SAMPLE_WALK_VM_LINE_H

#include <lua.h>
#include <stdbool.h>

struct unwind_cursor;

/* Finds the registers. Returns false if it finds none: leaf lines are then
 * those of safe points. Takes some milliseconds, at most two seconds of CPU
 * time. Called once, at start, after code_map_init, prototype_self_test and
 * fault_guard_init, and before other threads start. */
bool vm_line_self_test(void);

/* Returns true if the self-test has found the registers. [any thread] */
bool vm_line_is_exact(void);

/* Returns true if frame `ci` (lua_Debug.i_ci), a Lua function's, can be read:
 * its value is a function, and the position that it has saved lies in the code
 * of that function. While Lua makes a frame, the position is another
 * function's, and lua_getinfo would search all readable memory for its line.
 * While Lua leaves a frame, the value is the first result, which may be another
 * function. [signal, under fault_guard_run] */
bool vm_line_is_settled(const void *ci);

/* Returns the line that L's innermost frame `ci`, a Lua function's, runs, or -1
 * if it cannot be told. `vm` is the innermost frame of luaV_execute
 * (native_stack.h), or NULL if there is none. [signal, under fault_guard_run]
 */
int vm_line_at(const lua_State *L, const void *ci,
               const struct unwind_cursor *vm);

#endif
