#include "modules/json_encode.h"

#include <lauxlib.h>
#include <lua.h>

#include "base/json.h"

#define MAX_DEPTH 128

struct encoder {
    lua_State *L;
    struct buf *out;
    struct err *err;
    int depth;                   /* entries of path */
    const void *path[MAX_DEPTH]; /* the tables around the current value */
};

static const char array_key; /* its address is the key in the registry */

void json_encode_push_array_mark(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
}

void json_encode_set_array_mark(lua_State *L)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
}

/* Returns true if the table on top of the stack is marked by json.array. */
static bool is_marked(lua_State *L)
{
    if (!lua_getmetatable(L, -1))
        return false;
    json_encode_push_array_mark(L);
    bool marked = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return marked;
}

/* Returns true if all keys of the table on top of the stack are from 1 to n. */
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

static bool encode_value(struct encoder *e);

/* An error reads "value.rows[3].price: NaN has no JSON": each level puts its
 * own step in front of the message of the level below. */

/* stack: ..., array */
static bool encode_array(struct encoder *e, lua_Integer n)
{
    buf_putc(e->out, '[');
    for (lua_Integer i = 1; i <= n; i++) {
        if (i > 1)
            buf_putc(e->out, ',');
        lua_rawgeti(e->L, -1, i);
        if (!encode_value(e))
            return err_prefix(e->err, "[%lld]", (long long)i);
        lua_pop(e->L, 1);
    }
    buf_putc(e->out, ']');
    return true;
}

/* stack: ..., key, value */
static bool bad_key(struct encoder *e)
{
    lua_State *L = e->L;
    if (lua_isinteger(L, -2))
        return err_set(e->err,
                       ": a table with the key %lld is no array 1..n, and an "
                       "object's keys must be strings",
                       (long long)lua_tointeger(L, -2));
    return err_set(e->err, ": an object's keys must be strings, got a %s",
                   luaL_typename(L, -2));
}

/* stack: ..., object */
static bool encode_object(struct encoder *e)
{
    lua_State *L = e->L;
    bool first = true;
    buf_putc(e->out, '{');
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        /* stack: ..., object, key, value */
        if (lua_type(L, -2) != LUA_TSTRING)
            return bad_key(e);
        size_t len;
        const char *key = lua_tolstring(L, -2, &len);
        if (!first)
            buf_putc(e->out, ',');
        first = false;
        json_put_string(e->out, key, len);
        buf_putc(e->out, ':');
        if (!encode_value(e))
            return err_prefix(e->err, ".%s", key);
        lua_pop(L, 1);
    }
    buf_putc(e->out, '}');
    return true;
}

/* Adds a table to the path. Returns false and sets err if the table is in the
 * path already or the path is too long. */
static bool enter_table(struct encoder *e, const void *table)
{
    for (int i = 0; i < e->depth; i++)
        if (e->path[i] == table)
            return err_set(e->err, ": the table contains itself");
    if (e->depth == MAX_DEPTH)
        return err_set(e->err, ": more than %d levels deep", MAX_DEPTH);
    if (!lua_checkstack(e->L, 4))
        return err_set(e->err, ": out of memory");
    e->path[e->depth++] = table;
    return true;
}

/* stack: ..., table */
static bool encode_table(struct encoder *e)
{
    lua_State *L = e->L;
    if (!enter_table(e, lua_topointer(L, -1)))
        return false;
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    bool is_array = n > 0 ? is_sequence(L, n) : is_marked(L);
    if (!(is_array ? encode_array(e, n) : encode_object(e)))
        return false;
    e->depth--;
    return true;
}

static bool encode_number(struct encoder *e)
{
    if (lua_isinteger(e->L, -1)) {
        json_put_integer(e->out, lua_tointeger(e->L, -1));
        return true;
    }
    lua_Number value = lua_tonumber(e->L, -1);
    if (json_put_number(e->out, value))
        return true;
    return err_set(e->err, ": %s has no JSON",
                   value != value ? "NaN" : "infinity");
}

/* stack: ..., value */
static bool encode_value(struct encoder *e)
{
    size_t len;
    const char *s;
    switch (lua_type(e->L, -1)) {
    case LUA_TSTRING:
        s = lua_tolstring(e->L, -1, &len);
        json_put_string(e->out, s, len);
        return true;
    case LUA_TNUMBER:
        return encode_number(e);
    case LUA_TTABLE:
        return encode_table(e);
    case LUA_TBOOLEAN:
        buf_puts(e->out, lua_toboolean(e->L, -1) ? "true" : "false");
        return true;
    case LUA_TNIL:
        buf_puts(e->out, "null");
        return true;
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(e->L, -1) == NULL) {
            buf_puts(e->out, "null"); /* json.null */
            return true;
        }
    }
    return err_set(e->err, ": a %s has no JSON", luaL_typename(e->L, -1));
}

bool json_encode(lua_State *L, int index, struct buf *out, struct err *err)
{
    struct encoder e;
    e.L = L;
    e.out = out;
    e.err = err;
    e.depth = 0;
    if (!lua_checkstack(L, 4))
        return err_set(err, "out of memory");
    int top = lua_gettop(L);
    lua_pushvalue(L, index);
    bool ok = encode_value(&e);
    lua_settop(L, top);
    if (!ok)
        return err_prefix(err, "value");
    if (out->failed)
        return err_set(err, "out of memory");
    return true;
}
