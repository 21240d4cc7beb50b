/* module_proto.c -- `require "proto"`: Lua tables to and from protobuf.
 *
 *   proto.encode(message, table) -> bytes
 *   proto.decode(message, bytes) -> table
 *
 * `message` is a full name, "perftools.profiles.Profile". A table's keys are
 * field names: numbers, booleans, strings, tables for messages, arrays for
 * repeated fields. protobuf-c's descriptors of all messages in proto/ say which
 * fields a message has. The wire format is read and written here (source:
 * protobuf.dev, "Encoding"), because packing protobuf-c's structs would hold
 * all data twice.
 *
 * Fields are written in the order of their numbers, and default values are left
 * out, so equal tables give equal bytes.
 */
#include "export/module_proto.h"

#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "export/proto.h"
#include "export/proto_registry.h"
#include "script/owned_buf.h"

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

static int proto_encode_lua(lua_State *L)
{
    const ProtobufCMessageDescriptor *m = check_message(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    struct buf *b = owned_buf_push(L);
    lua_pushvalue(L, 2);
    proto_encode(L, b, m);
    owned_buf_push_string(L, b, m->name);
    return 1;
}

static int proto_decode_lua(lua_State *L)
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
        {"encode", proto_encode_lua},
        {"decode", proto_decode_lua},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
    return 1;
}
