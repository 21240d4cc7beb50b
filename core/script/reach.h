/* reach.h -- which shared objects (sync/object.h) a Lua state can still get at,
 * with some of its coroutines left aside.
 *
 * Lua's collector cannot tell: it knows what is reachable from the whole state
 * only, and a trial that drops references would run the finalizers of what is
 * reachable from them alone. So this goes through the values of the state by
 * the API, as the collector does: tables, metatables, upvalues, user values and
 * stacks, not through weak references. It takes 0.4 us for each object (1 M
 * tables), seven times as long as a collection, and holds up the thread
 * meanwhile.
 *
 * What the API cannot show is missed: values that C code keeps on a coroutine's
 * stack below the coroutine's function.
 *
 * Path: record/profile_kind_goroutineleak.c -> [reach] -> sync_handle.c
 */
#ifndef SCRIPT_REACH_H
#define SCRIPT_REACH_H

#include <stdbool.h>

#include "base/err.h"

struct lua_State;
struct sync_object;

struct reach {
    /* Returns true if the coroutine is to be left aside. Asked of those that
     * the registry holds, as it holds all tasks. */
    bool (*is_aside)(void *ctx, struct lua_State *co);
    /* An object is reached: `by` a coroutine that is left aside and not by the
     * rest of the state, or by the rest (NULL). Called once for each handle. */
    void (*reached)(void *ctx, struct lua_State *by,
                    struct sync_object *object);
    void *ctx;
};

/* Goes through the state. Returns false and sets err if out of memory.
 * Finalizers do not run meanwhile. [the state's thread] */
bool reach_run(const struct reach *reach, struct lua_State *L, struct err *err);

#endif
