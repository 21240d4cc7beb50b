/* module_proto.c -- `require "proto"`: Lua tables to and from protobuf.
 *
 *   proto.encode(message, table) -> bytes
 *   proto.decode(message, bytes) -> table
 *
 * `message` is a full name, "perftools.profiles.Profile". A table's keys are
 * field names: numbers, booleans, strings, tables for messages, arrays for
 * repeated fields. Driven by protobuf-c's descriptors of everything in proto/;
 * reads and writes the wire format itself (source: protobuf.dev, "Encoding"),
 * since building protobuf-c's structs first would hold everything twice.
 *
 * Fields are written in the order of their numbers and defaults are left out,
 * so that equal tables give equal bytes.
 */
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "export/modules.h"
#include "export/proto.h"
#include "export/proto_registry.h"

#define BUFFER_TYPE "perilune.proto_buffer"

static const ProtobufCMessageDescriptor *check_message(lua_State *L, int arg)
{
    const char *name = luaL_checkstring(L, arg);
    for (const ProtobufCMessageDescriptor *const *m = proto_registry; *m; m++)
        if (strcmp((*m)->name, name) == 0)
            return *m;
    luaL_argerror(L, arg,
                  lua_pushfstring(L, "no message '%s' in proto/", name));
    return NULL;
}

static int buffer_close(lua_State *L)
{
    buf_fini(luaL_checkudata(L, 1, BUFFER_TYPE));
    return 0;
}

/* A buffer that goes when its userdata does, an error or not. */
static struct buf *push_buffer(lua_State *L)
{
    struct buf *b = lua_newuserdatauv(L, sizeof *b, 0);
    *b = BUF_INIT;
    luaL_setmetatable(L, BUFFER_TYPE);
    lua_toclose(L, -1);
    return b;
}

static int encode(lua_State *L)
{
    const ProtobufCMessageDescriptor *m = check_message(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    struct buf *b = push_buffer(L);
    lua_pushvalue(L, 2);
    proto_encode(L, b, m);
    if (b->failed)
        return luaL_error(L, "out of memory for a %s", m->name);
    lua_pushlstring(L, b->data, b->len);
    return 1;
}

static int decode(lua_State *L)
{
    const ProtobufCMessageDescriptor *m = check_message(L, 1);
    size_t n;
    const char *bytes = luaL_checklstring(L, 2, &n);
    struct wire w = {(const unsigned char *)bytes,
                     (const unsigned char *)bytes + n};
    proto_decode(L, w, m);
    return 1;
}

int module_proto_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"encode", encode},
        {"decode", decode},
        {NULL, NULL},
    };
    luaL_newmetatable(L, BUFFER_TYPE);
    lua_pushcfunction(L, buffer_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, buffer_close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
