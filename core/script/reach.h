/* reach.h -- finds the shared objects (sync/object.h) that a Lua state can
 * still reach when some of its coroutines are left aside.
 *
 * Lua's collector cannot tell that. It knows what the whole state reaches, and
 * a trial that drops references to the coroutines would run the finalizers of
 * what only they reach. So reach.c visits the values of the state by the API,
 * as the collector does: tables, metatables, upvalues, user values and stacks,
 * but no weak references. That takes 0.4 us per object (1 M tables), seven
 * times as long as a collection, and the thread does nothing else meanwhile.
 *
 * The API does not show values that C code keeps on a coroutine's stack below
 * the coroutine's function, so these are missed.
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
    /* Returns true if the coroutine is left aside. Called for each coroutine
     * that is a value of the registry, as all tasks are. */
    bool (*is_aside)(void *ctx, struct lua_State *co);
    /* Called once for each handle that is reached: `by` is NULL if the rest of
     * the state reaches it, otherwise a coroutine left aside that does. */
    void (*reached)(void *ctx, struct lua_State *by,
                    struct sync_object *object);
    void *ctx;
};

/* Visits the values of the state. Returns false and sets err if out of memory.
 * No finalizer runs meanwhile. [the thread that runs the state] */
bool reach_run(const struct reach *reach, struct lua_State *L, struct err *err);

#endif
