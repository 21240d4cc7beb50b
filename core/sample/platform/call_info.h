/* call_info.h -- reads Lua's CallInfo, the record of one frame.
 *
 * lua_getstack counts levels from the innermost frame, so a walk of n frames
 * takes time in proportion to n squared, and the outermost frames of a deep
 * stack cannot be reached quickly. The records form a list that can be followed
 * from both ends. lua_Debug.i_ci points to a record, and lua_getinfo accepts
 * any record there.
 *
 * A self-test proves the layout, which is that of Lua 5.4.0 to 5.4.6. If it
 * fails, the walks use levels, and the functions below find nothing.
 *
 * Path: walk/vm_stack.c -> [call_info]
 */
#ifndef SAMPLE_PLATFORM_CALL_INFO_H
#define SAMPLE_PLATFORM_CALL_INFO_H

#include <lua.h>
#include <stdbool.h>

/* Tests the layout on states of its own. Returns false if it is another. Called
 * once, at start, before other threads start. */
bool call_info_self_test(void);

/* Returns true if the self-test has passed. [any thread] */
bool call_info_is_readable(void);

/* All functions below: [the state's thread; signal, under fault_guard_run] */

/* Return the next frame towards the outermost, or towards the innermost, or
 * NULL after the last one. */
const void *call_info_outer(const lua_State *L, const void *ci);
const void *call_info_inner(lua_State *L, const void *ci);

/* Returns L's outermost frame, or NULL if it has none. */
const void *call_info_outermost(lua_State *L);

/* Returns true if the frame is that of a Lua function, and not of a C function.
 */
bool call_info_is_lua(const void *ci);

/* Returns the C function of the frame, or NULL if its value is something else.
 */
lua_CFunction call_info_c_function(const void *ci);

#endif
