#include "sample/coroutines.h"

#include <lauxlib.h>
#include <lua.h>

#include "sample/frames.h"
#include "sample/sampler.h"
#include "sample/tally.h"

/* In the registry, under this address: the table. */
static const char table_key;

void coroutines_track(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &table_key);
}

void coroutines_add(lua_State *L)
{
    if (!lua_checkstack(L, 3))
        return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &table_key) == LUA_TTABLE) {
        lua_pushvalue(L, -2);
        lua_pushboolean(L, true);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
}

void coroutines_each(lua_State *L, void (*visit)(void *ctx, lua_State *co),
                     void *ctx)
{
    if (!lua_checkstack(L, 3))
        return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &table_key) == LUA_TTABLE)
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
            visit(ctx, lua_tothread(L, -2));
    lua_pop(L, 1);
}

const char *coroutine_state(lua_State *co)
{
    lua_Debug ar;
    if (lua_status(co) == LUA_YIELD)
        return "suspended";
    if (lua_status(co) != LUA_OK || lua_getstack(co, 0, &ar))
        return NULL;
    return lua_isfunction(co, -1) ? "not started" : NULL;
}

static uint32_t frame_of(lua_State *co, lua_Debug *ar)
{
    lua_getinfo(co, "Slf", ar); /* pushes the function */
    lua_CFunction c = lua_tocfunction(co, -1);
    lua_pop(co, 1);
    return c ? frames_c(c)
             : frames_lua(ar->source, ar->linedefined, ar->currentline);
}

/* The function that it will begin with. */
static uint32_t first_frame(lua_State *co)
{
    lua_Debug ar;
    lua_CFunction c = lua_tocfunction(co, 1);
    if (c)
        return frames_c(c);
    lua_pushvalue(co, 1);
    lua_getinfo(co, ">S", &ar);
    return frames_lua(ar.source, ar.linedefined, ar.linedefined);
}

void coroutine_add(lua_State *co, uint32_t leaf, uint32_t labels, int64_t count,
                   int64_t weight, struct tally *tally)
{
    uint32_t frames[SAMPLER_MAX_DEPTH + 2];
    unsigned n = 0;
    lua_Debug ar;
    if (!lua_checkstack(co, 2))
        return;
    if (leaf != FRAME_FULL)
        frames[n++] = leaf;
    if (lua_status(co) != LUA_YIELD)
        frames[n++] = first_frame(co);
    else
        for (int level = 0; lua_getstack(co, level, &ar); level++) {
            if (level == SAMPLER_MAX_DEPTH) {
                frames[n++] = frames_note("(truncated)");
                break;
            }
            frames[n++] = frame_of(co, &ar);
        }
    tally_add(tally, frames, n, labels, count, weight);
}
