#include "modules/http_statuses.h"

#include <lauxlib.h>
#include <lua.h>

#include "client/status_set.h"

#define STATUSES "perilune.expected_statuses"

static bool to_status(lua_State *L, int index, uint16_t *status)
{
    int whole;
    lua_Integer value = lua_tointegerx(L, index, &whole);
    if (!whole || value < 0 || value > 999)
        return false;
    *status = (uint16_t)value;
    return true;
}

/* Reads a status, or a table with min and max. Returns false if the value is
 * neither. */
static bool to_range(lua_State *L, int index, uint16_t *first, uint16_t *last)
{
    if (lua_type(L, index) == LUA_TNUMBER) {
        bool ok = to_status(L, index, first);
        *last = *first;
        return ok;
    }
    if (!lua_istable(L, index))
        return false;
    lua_getfield(L, index, "min");
    lua_getfield(L, index, "max");
    bool ok = to_status(L, -2, first) && to_status(L, -1, last);
    lua_pop(L, 2);
    return ok;
}

int http_statuses_new(lua_State *L)
{
    int n = lua_gettop(L);
    luaL_argcheck(L, n > 0, 1, "a status or a table with min and max expected");
    luaL_argcheck(L, n <= STATUS_SET_MAX, STATUS_SET_MAX + 1,
                  "at most 16 statuses and ranges");
    struct status_set *set = lua_newuserdatauv(L, sizeof *set, 0);
    *set = (struct status_set){.n = (uint8_t)n};
    for (int i = 0; i < n; i++)
        luaL_argcheck(
            L, to_range(L, i + 1, &set->ranges[i].first, &set->ranges[i].last),
            i + 1, "a status or a table with min and max expected");
    luaL_setmetatable(L, STATUSES);
    return 1;
}

const struct status_set *http_statuses_check(lua_State *L, int index,
                                             const char *what)
{
    if (!lua_toboolean(L, index))
        return NULL;
    const struct status_set *set = luaL_testudata(L, index, STATUSES);
    if (!set)
        luaL_error(L,
                   "%s must be what http.expectedStatuses returns, or false: "
                   "no reply fails",
                   what);
    return set;
}

void http_statuses_open(lua_State *L)
{
    if (luaL_newmetatable(L, STATUSES)) {
        lua_pushboolean(L, false);
        lua_setfield(L, -2, "__metatable");
    }
    lua_pop(L, 1);
}
