/* value.c -- a value is a tag and what the tag announces. */
#include "script/value.h"

#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "base/buf.h"

enum { MAX_DEPTH = 100 };

enum tag {
    TAG_NIL,
    TAG_FALSE,
    TAG_TRUE,
    TAG_INTEGER,
    TAG_FLOAT,
    TAG_STRING, /* length, bytes */
    TAG_NULL,   /* json.null */
    TAG_TABLE,  /* key, value, ..., TAG_END */
    TAG_END,
};

static void write_value_tag(struct buf *out, enum tag tag)
{
    buf_putc(out, (char)tag);
}

static void write_value_number(lua_State *L, int index, struct buf *out)
{
    if (lua_isinteger(L, index)) {
        lua_Integer number = lua_tointeger(L, index);
        write_value_tag(out, TAG_INTEGER);
        buf_append(out, &number, sizeof number);
    } else {
        lua_Number number = lua_tonumber(L, index);
        write_value_tag(out, TAG_FLOAT);
        buf_append(out, &number, sizeof number);
    }
}

static void write_value_string(lua_State *L, int index, struct buf *out)
{
    size_t n;
    const char *s = lua_tolstring(L, index, &n);
    write_value_tag(out, TAG_STRING);
    buf_append(out, &n, sizeof n);
    buf_append(out, s, n);
}

static void write_packed(lua_State *L, int index, struct buf *out, int depth);

static void write_value_table(lua_State *L, int index, struct buf *out,
                              int depth)
{
    if (depth == MAX_DEPTH)
        luaL_error(L, "a table is nested more than %d deep, or within itself",
                   (int)MAX_DEPTH);
    luaL_checkstack(L, 3, NULL);
    write_value_tag(out, TAG_TABLE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        write_packed(L, lua_gettop(L) - 1, out, depth + 1);
        write_packed(L, lua_gettop(L), out, depth + 1);
    }
    write_value_tag(out, TAG_END);
}

static void write_packed(lua_State *L, int index, struct buf *out, int depth)
{
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        write_value_tag(out, TAG_NIL);
        return;
    case LUA_TBOOLEAN:
        write_value_tag(out, lua_toboolean(L, index) ? TAG_TRUE : TAG_FALSE);
        return;
    case LUA_TNUMBER:
        write_value_number(L, index, out);
        return;
    case LUA_TSTRING:
        write_value_string(L, index, out);
        return;
    case LUA_TTABLE:
        write_value_table(L, index, out, depth);
        return;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, index)) {
            write_value_tag(out, TAG_NULL);
            return;
        }
    }
    luaL_error(L,
               "a %s cannot go to another Lua state: only nil, booleans, "
               "numbers, strings, json.null and tables of them can",
               luaL_typename(L, index));
}

void value_write(lua_State *L, int index, struct buf *out)
{
    write_packed(L, lua_absindex(L, index), out, 0);
    if (out->failed)
        luaL_error(L, "out of memory for a copy of a value");
}

struct reader {
    lua_State *L;
    const char *at;
};

static void take_bytes(struct reader *r, void *out, size_t n)
{
    memcpy(out, r->at, n);
    r->at += n;
}

/* Pushes the next value. Returns false and pushes nothing at TAG_END. */
static bool read_packed(struct reader *r);

static void read_value_table(struct reader *r)
{
    luaL_checkstack(r->L, 3, NULL);
    lua_newtable(r->L);
    while (read_packed(r)) {
        read_packed(r);
        lua_rawset(r->L, -3);
    }
}

static void read_value_string(struct reader *r)
{
    size_t n;
    take_bytes(r, &n, sizeof n);
    lua_pushlstring(r->L, r->at, n);
    r->at += n;
}

static bool read_packed(struct reader *r)
{
    lua_Integer integer;
    lua_Number number;
    switch ((enum tag) * r->at++) {
    case TAG_NIL:
        lua_pushnil(r->L);
        break;
    case TAG_FALSE:
        lua_pushboolean(r->L, false);
        break;
    case TAG_TRUE:
        lua_pushboolean(r->L, true);
        break;
    case TAG_INTEGER:
        take_bytes(r, &integer, sizeof integer);
        lua_pushinteger(r->L, integer);
        break;
    case TAG_FLOAT:
        take_bytes(r, &number, sizeof number);
        lua_pushnumber(r->L, number);
        break;
    case TAG_STRING:
        read_value_string(r);
        break;
    case TAG_NULL:
        lua_pushlightuserdata(r->L, NULL);
        break;
    case TAG_TABLE:
        read_value_table(r);
        break;
    case TAG_END:
        return false;
    }
    return true;
}

void value_read(lua_State *L, const char *bytes)
{
    struct reader reader = {L, bytes};
    read_packed(&reader);
}
