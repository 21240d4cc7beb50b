/* hook_fields.h -- arms a hook without a visit to every frame.
 *
 * lua_sethook marks each frame of the coroutine, so that each Lua function
 * looks at its hook after a return into it. With 150,000 frames that takes 0.6
 * ms, in a signal handler. A hook that also asks for returns does not need the
 * marks: the event of the innermost function's return comes first. So
 * hook_fields_arm sets the fields of the lua_State and marks the innermost
 * frame only.
 *
 * A self-test finds the fields. If it fails, hook_fields_arm is lua_sethook.
 *
 * Path: walk/safepoint.c -> [hook_fields]
 */
#ifndef SAMPLE_PLATFORM_HOOK_FIELDS_H
#define SAMPLE_PLATFORM_HOOK_FIELDS_H

#include <lua.h>
#include <stdbool.h>

/* Finds the fields, on a state of its own. Returns false if it does not find
 * them. Called once, at start, after call_info_self_test and before other
 * threads start. */
bool hook_fields_self_test(void);

/* Sets L's hook as lua_sethook does, to fire from the innermost frame on. The
 * mask holds LUA_MASKRET and LUA_MASKCOUNT. [signal, on the thread that runs L;
 * an allocation] */
void hook_fields_arm(lua_State *L, lua_Hook hook, int mask, int count);

#endif
