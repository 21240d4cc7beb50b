#include "modules/json_encode.h"

#include <lauxlib.h>
#include <lua.h>

#include "base/json.h"

#define MAX_DEPTH 128

struct writer {
    lua_State *L;
    struct buf *out;
    struct err *err;
    int depth;
    const void *path[MAX_DEPTH]; /* the tables that we are in */
};

static const char array_key; /* its address: the key in the registry */

void json_encode_push_array_mark(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
}

void json_encode_set_array_mark(lua_State *L)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
}

/* The table on top of the stack: marked by json.array? */
static bool is_marked(lua_State *L)
{
    if (!lua_getmetatable(L, -1))
        return false;
    json_encode_push_array_mark(L);
    bool marked = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return marked;
}

/* The table on top of the stack: are all its keys from 1 to n? */
static bool is_sequence(lua_State *L, lua_Integer n)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        lua_Integer key = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
        if (key < 1 || key > n) {
            lua_pop(L, 1);
            return false;
        }
    }
    return true;
}

static bool write_value(struct writer *w);

/* Errors read "value.rows[3].price: NaN has no JSON": each level puts its own
 * step in front of what is below. */

/* stack: ..., array */
static bool write_array(struct writer *w, lua_Integer n)
{
    buf_putc(w->out, '[');
    for (lua_Integer i = 1; i <= n; i++) {
        if (i > 1)
            buf_putc(w->out, ',');
        lua_rawgeti(w->L, -1, i);
        if (!write_value(w))
            return err_prefix(w->err, "[%lld]", (long long)i);
        lua_pop(w->L, 1);
    }
    buf_putc(w->out, ']');
    return true;
}

/* stack: ..., key, value */
static bool bad_key(struct writer *w)
{
    lua_State *L = w->L;
    if (lua_isinteger(L, -2))
        return err_set(w->err,
                       ": a table with the key %lld is no array 1..n, and an "
                       "object's keys must be strings",
                       (long long)lua_tointeger(L, -2));
    return err_set(w->err, ": an object's keys must be strings, got a %s",
                   luaL_typename(L, -2));
}

/* stack: ..., object */
static bool write_object(struct writer *w)
{
    lua_State *L = w->L;
    bool first = true;
    buf_putc(w->out, '{');
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        /* stack: ..., object, key, value */
        if (lua_type(L, -2) != LUA_TSTRING)
            return bad_key(w);
        size_t len;
        const char *key = lua_tolstring(L, -2, &len);
        if (!first)
            buf_putc(w->out, ',');
        first = false;
        json_put_string(w->out, key, len);
        buf_putc(w->out, ':');
        if (!write_value(w))
            return err_prefix(w->err, ".%s", key);
        lua_pop(L, 1);
    }
    buf_putc(w->out, '}');
    return true;
}

static bool enter(struct writer *w, const void *table)
{
    for (int i = 0; i < w->depth; i++)
        if (w->path[i] == table)
            return err_set(w->err, ": the table contains itself");
    if (w->depth == MAX_DEPTH)
        return err_set(w->err, ": more than %d levels deep", MAX_DEPTH);
    if (!lua_checkstack(w->L, 4))
        return err_set(w->err, ": out of memory");
    w->path[w->depth++] = table;
    return true;
}

/* stack: ..., table */
static bool write_table(struct writer *w)
{
    lua_State *L = w->L;
    if (!enter(w, lua_topointer(L, -1)))
        return false;
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    bool is_array = n > 0 ? is_sequence(L, n) : is_marked(L);
    if (!(is_array ? write_array(w, n) : write_object(w)))
        return false;
    w->depth--;
    return true;
}

static bool write_number(struct writer *w)
{
    if (lua_isinteger(w->L, -1)) {
        json_put_integer(w->out, lua_tointeger(w->L, -1));
        return true;
    }
    lua_Number value = lua_tonumber(w->L, -1);
    if (json_put_number(w->out, value))
        return true;
    return err_set(w->err, ": %s has no JSON",
                   value != value ? "NaN" : "infinity");
}

/* stack: ..., value */
static bool write_value(struct writer *w)
{
    size_t len;
    const char *s;
    switch (lua_type(w->L, -1)) {
    case LUA_TSTRING:
        s = lua_tolstring(w->L, -1, &len);
        json_put_string(w->out, s, len);
        return true;
    case LUA_TNUMBER:
        return write_number(w);
    case LUA_TTABLE:
        return write_table(w);
    case LUA_TBOOLEAN:
        buf_puts(w->out, lua_toboolean(w->L, -1) ? "true" : "false");
        return true;
    case LUA_TNIL:
        buf_puts(w->out, "null");
        return true;
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(w->L, -1) == NULL) {
            buf_puts(w->out, "null"); /* json.null */
            return true;
        }
    }
    return err_set(w->err, ": a %s has no JSON", luaL_typename(w->L, -1));
}

bool json_encode(lua_State *L, int index, struct buf *out, struct err *err)
{
    struct writer w;
    w.L = L;
    w.out = out;
    w.err = err;
    w.depth = 0;
    if (!lua_checkstack(L, 4))
        return err_set(err, "out of memory");
    int top = lua_gettop(L);
    lua_pushvalue(L, index);
    bool ok = write_value(&w);
    lua_settop(L, top);
    if (!ok)
        return err_prefix(err, "value");
    if (out->failed)
        return err_set(err, "out of memory");
    return true;
}
