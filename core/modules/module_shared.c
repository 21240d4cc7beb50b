/* module_shared.c -- `require "shared"`: dicts that all Lua states of the
 * process share under a name. sync/dict.c implements them; this file converts
 * keys and values. Numbers are stored as they are, so that incr can add to
 * them; other values are stored as the bytes of script/value.h. */
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "modules/modules.h"
#include "script/owned_buf.h"
#include "script/sync_handle.h"
#include "script/value.h"
#include "sync/dict.h"

#define TYPE "shared.dict"
#define MIN_BYTES 1024
#define MAX_BYTES (INT64_C(1) << 40)
#define DEFAULT_KEYS 1024

static struct sync_dict *check_dict(lua_State *L)
{
    return container_of(sync_handle_check(L, TYPE), struct sync_dict, object);
}

static struct dict_key check_dict_key(lua_State *L)
{
    struct dict_key key;
    key.text = luaL_checklstring(L, 2, &key.len);
    luaL_argcheck(L, key.len > 0 && key.len <= SYNC_DICT_KEY_MAX, 2,
                  lua_pushfstring(L, "a key must have 1 to %d bytes",
                                  (int)SYNC_DICT_KEY_MAX));
    return key;
}

static struct dict_value number_at(lua_State *L, int arg)
{
    struct dict_value value = {.kind = DICT_INTEGER};
    if (lua_isinteger(L, arg)) {
        value.integer = lua_tointeger(L, arg);
    } else {
        value.kind = DICT_FLOAT;
        value.number = luaL_checknumber(L, arg);
    }
    return value;
}

/* Returns the value of argument 3. Pushes a buffer that holds its bytes and is
 * closed when the function ends: the garbage collector would not know its
 * size. */
static struct dict_value check_dict_value(lua_State *L)
{
    luaL_checkany(L, 3);
    luaL_argcheck(L, !lua_isnil(L, 3), 3, "nil is no value: delete the key");
    if (lua_type(L, 3) == LUA_TNUMBER)
        return number_at(L, 3);
    struct buf *bytes = owned_buf_push(L);
    value_write(L, 3, bytes);
    return (struct dict_value){
        .kind = DICT_BYTES, .bytes = bytes->data, .n_bytes = bytes->len};
}

/* Raises the error for a result. */
static int dict_error(lua_State *L, const struct sync_dict *dict,
                      const char *name, enum dict_result result)
{
    if (result == DICT_TOO_LARGE)
        return luaL_error(
            L, "%s: the value takes more than all of %s, %I bytes", name,
            dict->object.what, (LUAI_UACINT)dict->object.size);
    return luaL_error(L, "%s: out of memory", name);
}

static void push_number(lua_State *L, const struct dict_value *value)
{
    if (value->kind == DICT_INTEGER)
        lua_pushinteger(L, value->integer);
    else
        lua_pushnumber(L, value->number);
}

static int dict_get(lua_State *L)
{
    struct sync_dict *dict = check_dict(L);
    struct dict_key key = check_dict_key(L);
    struct buf *copy = owned_buf_push(L);
    struct dict_value value;
    if (sync_dict_get(dict, key, copy, &value) == DICT_ABSENT)
        lua_pushnil(L);
    else if (value.kind != DICT_BYTES)
        push_number(L, &value);
    else if (copy->failed)
        return luaL_error(L, "dict:get: out of memory");
    else
        value_read(L, value.bytes);
    return 1;
}

static int dict_set(lua_State *L)
{
    struct sync_dict *dict = check_dict(L);
    struct dict_key key = check_dict_key(L);
    lua_Number seconds = sync_check_timeout(L, 4);
    struct dict_value value = check_dict_value(L);
    enum dict_result result = sync_dict_set(dict, key, &value, seconds, false);
    return result == DICT_DONE ? 0 : dict_error(L, dict, "dict:set", result);
}

static int dict_add(lua_State *L)
{
    struct sync_dict *dict = check_dict(L);
    struct dict_key key = check_dict_key(L);
    lua_Number seconds = sync_check_timeout(L, 4);
    struct dict_value value = check_dict_value(L);
    enum dict_result result = sync_dict_set(dict, key, &value, seconds, true);
    if (result != DICT_DONE && result != DICT_THERE)
        return dict_error(L, dict, "dict:add", result);
    lua_pushboolean(L, result == DICT_DONE);
    return 1;
}

static int dict_increase(lua_State *L)
{
    struct sync_dict *dict = check_dict(L);
    struct dict_key key = check_dict_key(L);
    struct dict_value by = {.kind = DICT_INTEGER, .integer = 1};
    struct dict_value initial = {.kind = DICT_INTEGER, .integer = 0}, sum;
    if (!lua_isnoneornil(L, 3))
        by = number_at(L, 3);
    if (!lua_isnoneornil(L, 4))
        initial = number_at(L, 4);
    enum dict_result result = sync_dict_add(dict, key, &by, &initial, &sum);
    if (result == DICT_NO_NUMBER)
        return luaL_error(L, "dict:incr: the value of '%s' is no number",
                          key.text);
    if (result != DICT_DONE)
        return dict_error(L, dict, "dict:incr", result);
    push_number(L, &sum);
    return 1;
}

static int dict_delete(lua_State *L)
{
    struct sync_dict *dict = check_dict(L);
    struct dict_key key = check_dict_key(L);
    lua_pushboolean(L, sync_dict_delete(dict, key) == DICT_DONE);
    return 1;
}

static int dict_count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)sync_dict_count(check_dict(L)));
    return 1;
}

static int dict_keys(lua_State *L)
{
    struct sync_dict *dict = check_dict(L);
    lua_Integer most = luaL_optinteger(L, 2, DEFAULT_KEYS);
    luaL_argcheck(L, most >= 0, 2, "must not be negative");
    struct buf *list = owned_buf_push(L);
    size_t n = sync_dict_keys(dict, (size_t)most, list);
    if (list->failed)
        return luaL_error(L, "dict:keys: out of memory");
    lua_createtable(L, (int)(n < DEFAULT_KEYS ? n : DEFAULT_KEYS), 0);
    const char *at = list->data;
    for (size_t i = 1; i <= n; i++) {
        size_t len;
        memcpy(&len, at, sizeof len);
        lua_pushlstring(L, at + sizeof len, len);
        lua_rawseti(L, -2, (lua_Integer)i);
        at += sizeof len + len;
    }
    return 1;
}

static const luaL_Reg methods[] = {
    {"get", dict_get},       /* a copy of the value of a key */
    {"set", dict_set},       /* for some seconds if a third value is given */
    {"add", dict_add},       /* sets a key that has no value */
    {"incr", dict_increase}, /* adds to a number, returns the sum */
    {"delete", dict_delete},
    {"count", dict_count}, /* the number of keys */
    {"keys", dict_keys},   /* the keys, the one used last first */
    {NULL, NULL},
};

static int open_dict(lua_State *L)
{
    sync_handle_open(L, TYPE, &sync_dict_class, MIN_BYTES, MAX_BYTES);
    return 1;
}

static const luaL_Reg functions[] = {
    {"dict", open_dict}, /* opens the dict of a name */
    {NULL, NULL},
};

int module_shared_open(lua_State *L)
{
    sync_handle_type(L, TYPE, methods);
    luaL_newlib(L, functions);
    return 1;
}
