/* vm_line.h -- finds the line that the innermost Lua function runs when a
 * signal interrupts it.
 *
 * The interpreter keeps its position in a register and rereads the hook flag
 * only at jumps, calls and slow paths. When the hook comes, a straight stretch
 * of code is long past. So the handler reads the register. Its number depends
 * on how luaV_execute was compiled; a self-test at start finds it by running
 * known code, and proves at the same time that Lua's structures have the layout
 * that this file assumes.
 *
 * Path: vm_stack.c -> [vm_line]
 */
#ifndef SAMPLE_WALK_VM_LINE_H
#define SAMPLE_WALK_VM_LINE_H

#include <stdbool.h>

/* Finds the register. Returns false if it finds none: leaf lines are then those
 * of safe points. Takes some milliseconds, at most a second. Called once, at
 * start, after code_map_init and fault_guard_init and before other threads
 * start. */
bool vm_line_self_test(void);

/* Returns true if the self-test has found the register. [any thread] */
bool vm_line_is_exact(void);

/* Returns true if the position that frame `ci` (lua_Debug.i_ci) has saved lies
 * in the code of its function. While Lua makes a frame, the position is another
 * function's, and lua_getinfo would search all readable memory for its line.
 * [signal, under fault_guard_run] */
bool vm_line_is_settled(const void *ci);

/* Returns the line that the Lua function of frame `ci`, the innermost, runs, or
 * -1 if the register does not point into its code. [signal, under
 * fault_guard_run] */
int vm_line_at(const void *ci, const void *ucontext);

#endif
