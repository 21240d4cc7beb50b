/* call.h -- calls from C into Lua, protected: no Lua error passes through.
 *
 * All code that runs Lua on its own account calls it here (except the sampler's
 * self-tests, before any script), so the sampler always knows which state runs,
 * and each error becomes a message with a traceback. A module that is itself
 * called by Lua (module_*.c) may call back with lua_callk and let errors pass.
 *
 * A forked child that returns from the outermost call on a thread ends there
 * (base/fork.h).
 *
 * Path: scheduler.c, state.c -> [call] -> Lua
 */
#ifndef SCRIPT_CALL_H
#define SCRIPT_CALL_H

#include <stdbool.h>

#include "base/err.h"

struct lua_State;

/* Calls the function below the `nargs` arguments on top of the stack, as
 * lua_pcall does, and pushes `nresults` results. Returns false and sets err to
 * the message with its traceback if the function raises an error; function and
 * arguments are removed and nothing is pushed. */
bool script_call(struct lua_State *L, int nargs, int nresults, struct err *err);

/* Starts or resumes the coroutine `co`, as lua_resume does, on behalf of the
 * state `from`. Returns LUA_OK or LUA_YIELD with *nresults values on top of
 * co's stack. Otherwise returns Lua's error code: err is the message with its
 * traceback, the error value is on top of co's stack, and co cannot be resumed
 * again. */
int script_resume(struct lua_State *co, struct lua_State *from, int nargs,
                  int *nresults, struct err *err);

#endif
