/* vm_line.h -- the line that a Lua function is at, in the middle of it.
 *
 * The interpreter keeps the position in a register and rereads the hook flag
 * only at jumps, calls and slow paths: at the safe point a straight stretch of
 * code is long past. So the handler looks at the register. Which one it is
 * depends on how luaV_execute was compiled; a self-test finds it by running
 * known code, and proves that what else is read is where we look for it.
 *
 * Path: cpu.c -> vm_stack.c -> [vm_line]
 */
#ifndef SAMPLE_WALK_VM_LINE_H
#define SAMPLE_WALK_VM_LINE_H

#include <stdbool.h>

/* Find the register. Takes some milliseconds, a second at most; once,
 * at start, before other threads. False: lines are those of safe points. */
bool vm_line_self_test(void);

/* Whether it was found. */
bool vm_line_is_exact(void);

/* [signal, under fault_guard_run] Whether the instruction that frame `ci` has
 * saved is one of its function. While a frame is being made it is another's,
 * and Lua would look for its line through all memory that can be read. */
bool vm_line_is_settled(const void *ci);

/* [signal, under fault_guard_run] The line that the Lua function of frame `ci`
 * (lua_Debug.i_ci), the innermost, is at; -1 when the register does not tell.
 */
int vm_line_at(const void *ci, const void *ucontext);

#endif
