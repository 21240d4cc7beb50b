#include "script/tag_table.h"

#include <lua.h>
#include <string.h>

/* Appends the tag whose name and value are on top of the stack. */
static bool read_tag(struct buf *out, lua_State *L, const char *what,
                     struct err *err)
{
    size_t n_name, n_value;
    if (lua_type(L, -2) != LUA_TSTRING)
        return err_set(err, "%s: the name of a tag must be a string, got a %s",
                       what, lua_typename(L, lua_type(L, -2)));
    const char *name = lua_tolstring(L, -2, &n_name);
    if (lua_isboolean(L, -1))
        lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
    else if (lua_isstring(L, -1))
        lua_pushvalue(L, -1); /* a number is converted in the copy */
    else
        return err_set(err,
                       "%s: the value of '%.100s' must be a string, a number "
                       "or a boolean, got a %s",
                       what, name, lua_typename(L, lua_type(L, -1)));
    const char *value = lua_tolstring(L, -1, &n_value);
    bool ok = n_name > 0 && strlen(name) == n_name && strlen(value) == n_value;
    if (ok) {
        buf_append(out, name, n_name + 1);
        buf_append(out, value, n_value + 1);
    } else {
        err_set(err,
                "%s: '%.100s': a name must not be empty, and neither it "
                "nor the value may have NUL bytes",
                what, name);
    }
    lua_pop(L, 1);
    return ok;
}

bool tag_table_read(struct buf *out, lua_State *L, int index, const char *what,
                    struct err *err)
{
    int top = lua_gettop(L);
    index = lua_absindex(L, index);
    if (!lua_istable(L, index))
        return err_set(err, "%s must be a table, got a %s", what,
                       lua_typename(L, lua_type(L, index)));
    lua_pushnil(L);
    while (lua_next(L, index)) {
        if (!read_tag(out, L, what, err)) {
            lua_settop(L, top);
            return false;
        }
        lua_pop(L, 1);
    }
    return !out->failed || err_set(err, "%s: out of memory", what);
}

const char *tag_table_get(const struct buf *tags, const char *name)
{
    const char *at = NULL, *value;
    while (buf_next_pair(tags, &at, &value))
        if (strcmp(at, name) == 0)
            return value;
    return NULL;
}
