/* call.h -- the only place that calls from C into Lua. */
#ifndef SCRIPT_CALL_H
#define SCRIPT_CALL_H

#include <stdbool.h>

#include "base/err.h"

struct lua_State;

/* Call the function below its `nargs` arguments on top of the stack, as
 * lua_pcall does. On success the results are there. On failure they are gone,
 * and err holds the message with its traceback. */
bool script_call(struct lua_State *L, int nargs, int nresults, struct err *err);

/* Start or go on with coroutine `co`, as lua_resume does: LUA_OK, LUA_YIELD or
 * an error code. `*nresults` values are on co's stack. After an error the
 * message with its traceback is in err, the error value is on top of co's
 * stack, and co can no longer be resumed. */
int script_resume(struct lua_State *co, struct lua_State *from, int nargs,
                  int *nresults, struct err *err);

#endif
