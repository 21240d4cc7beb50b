/* semaphore_methods.c -- sync.semaphore(name, permits): lets a number of tasks
 * do something at the same time. */
#include <lauxlib.h>
#include <lua.h>

#include "base/list.h"
#include "modules/sync_methods.h"
#include "script/sync_handle.h"
#include "script/sync_wait.h"
#include "sync/semaphore.h"

#define TYPE "sync.semaphore"
#define MAX_PERMITS 1000000000

static struct sync_semaphore *check_semaphore(lua_State *L)
{
    return container_of(sync_handle_check(L, TYPE), struct sync_semaphore,
                        object);
}

static bool leave_acquire_queue(struct sync_object *object,
                                struct waiter *waiter)
{
    return sync_semaphore_leave(
        container_of(object, struct sync_semaphore, object), waiter);
}

static void give_back_permit(struct sync_object *object, struct waiter *waiter)
{
    (void)waiter;
    sync_semaphore_release(container_of(object, struct sync_semaphore, object));
}

static const struct sync_wait_kind wait_kind = {leave_acquire_queue,
                                                give_back_permit};

/* Acquires a permit. If the task must wait, the function yields and continues
 * with `k`. Otherwise this function returns: true if it has the permit, false
 * if none is free and `seconds` is 0. */
static bool acquire_or_yield(lua_State *L, struct sync_semaphore *semaphore,
                             lua_Number seconds, lua_KFunction k)
{
    if (sync_semaphore_acquire(semaphore, NULL))
        return true;
    if (seconds == 0)
        return false;
    struct sync_wait *wait =
        sync_wait_new(L, "semaphore:acquire", &wait_kind, &semaphore->object);
    if (!sync_semaphore_acquire(semaphore, &wait->waiter)) {
        sync_wait_start(wait, seconds);
        lua_yieldk(L, 0, (lua_KContext)wait, k);
    }
    sync_wait_free(wait);
    return true;
}

static bool finish_acquire_wait(lua_KContext ctx)
{
    struct sync_wait *wait = (struct sync_wait *)ctx;
    bool is_served = sync_wait_end(wait) == SYNC_WAIT_SERVED;
    sync_wait_free(wait);
    return is_served;
}

static int push_acquired(lua_State *L, bool is_acquired)
{
    if (is_acquired) {
        lua_pushboolean(L, true);
        return 1;
    }
    lua_pushnil(L);
    lua_pushliteral(L, "timeout");
    return 2;
}

static int on_acquired(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    return push_acquired(L, finish_acquire_wait(ctx));
}

static int acquire_permit(lua_State *L)
{
    struct sync_semaphore *semaphore = check_semaphore(L);
    lua_Number seconds = sync_check_timeout(L, 2);
    return push_acquired(L,
                         acquire_or_yield(L, semaphore, seconds, on_acquired));
}

static int release_permit(lua_State *L)
{
    struct sync_semaphore *semaphore = check_semaphore(L);
    if (!sync_semaphore_release(semaphore))
        return luaL_error(L, "%s has all its permits already",
                          semaphore->object.what);
    return 0;
}

static int on_with_acquired(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    finish_acquire_wait(ctx);
    return sync_handle_call(L);
}

static int with_permit(lua_State *L)
{
    struct sync_semaphore *semaphore = check_semaphore(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    acquire_or_yield(L, semaphore, -1, on_with_acquired);
    return sync_handle_call(L);
}

static const luaL_Reg methods[] = {
    {"acquire", acquire_permit}, /* waits without limit, or for some seconds */
    {"release", release_permit}, /* gives back a permit of any task */
    {"with", with_permit},       /* has a permit while a function runs */
    {NULL, NULL},
};

void semaphore_methods_init(lua_State *L)
{
    sync_handle_type(L, TYPE, methods);
    luaL_getmetatable(L, TYPE);
    lua_pushcfunction(
        L, release_permit); /* `with` only: acquire returns no handle */
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
}

int semaphore_methods_open(lua_State *L)
{
    sync_handle_open(L, TYPE, &sync_semaphore_class, 1, MAX_PERMITS);
    return 1;
}
