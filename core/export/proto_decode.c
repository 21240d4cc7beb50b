/* proto_decode.c -- makes a Lua table from a protobuf message. */
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <string.h>

#include "export/proto.h"

enum { MAX_DEPTH = 64 };

static void push_wire_number(lua_State *L, const ProtobufCFieldDescriptor *f,
                             uint64_t bits)
{
    double d;
    float single;
    switch (f->type) {
    case PROTOBUF_C_TYPE_BOOL:
        lua_pushboolean(L, bits != 0);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        memcpy(&d, &bits, sizeof d);
        lua_pushnumber(L, d);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        memcpy(&single, &bits, sizeof single);
        lua_pushnumber(L, single);
        break;
    default:
        if (proto_is_zigzag(f))
            bits = bits >> 1 ^ -(bits & 1);
        if (proto_n_bits(f) == 32)
            bits =
                proto_is_unsigned(f) ? (uint32_t)bits : (uint64_t)(int32_t)bits;
        lua_pushinteger(L, (lua_Integer)bits);
    }
}

static void decode_message(lua_State *L, struct wire w,
                           const ProtobufCMessageDescriptor *m, int depth);

/* Pushes one value that was read from the wire. */
static void push_wire_value(lua_State *L, const struct wire_field *read,
                            const ProtobufCMessageDescriptor *m,
                            const ProtobufCFieldDescriptor *f, int depth)
{
    if (read->type != proto_wire_type(f))
        luaL_error(L, "%s.%s is written as another type", m->name, f->name);
    if (proto_is_message(f))
        decode_message(L, read->bytes, f->descriptor, depth + 1);
    else if (read->type == WIRE_BYTES)
        lua_pushlstring(L, (const char *)read->bytes.at,
                        (size_t)(read->bytes.end - read->bytes.at));
    else
        push_wire_number(L, f, read->value);
}

static bool next_packed(struct wire *w, const ProtobufCFieldDescriptor *f,
                        uint64_t *bits)
{
    if (proto_wire_type(f) == WIRE_VARINT)
        return wire_varint(w, bits);
    return wire_fixed(w, proto_wire_type(f) == WIRE_FIXED64 ? 8 : 4, bits);
}

/* stack: ..., array. Appends the value, or the packed values, of a field. */
static void append_values(lua_State *L, const struct wire_field *read,
                          const ProtobufCMessageDescriptor *m,
                          const ProtobufCFieldDescriptor *f, int depth)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    if (read->type != WIRE_BYTES || proto_wire_type(f) == WIRE_BYTES) {
        push_wire_value(L, read, m, f, depth);
        lua_rawseti(L, -2, n + 1);
        return;
    }
    struct wire packed = read->bytes;
    while (packed.at < packed.end) {
        uint64_t bits;
        if (!next_packed(&packed, f, &bits))
            luaL_error(L, "%s.%s is damaged or cut short", m->name, f->name);
        push_wire_number(L, f, bits);
        lua_rawseti(L, -2, ++n);
    }
}

/* stack: ..., table. Sets the values that absent fields have in proto3. */
static void set_defaults(lua_State *L, const ProtobufCMessageDescriptor *m)
{
    for (unsigned i = 0; i < m->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->fields[i];
        if (proto_is_repeated(f))
            lua_newtable(L);
        else if (proto_has_presence(f))
            continue;
        else if (proto_wire_type(f) == WIRE_BYTES)
            lua_pushliteral(L, "");
        else
            push_wire_number(L, f, 0);
        lua_setfield(L, -2, f->name);
    }
}

/* stack: ..., table, value. Sets the field and removes the other members of its
 * oneof: the last member on the wire counts. */
static void set_message_field(lua_State *L, const ProtobufCMessageDescriptor *m,
                              const ProtobufCFieldDescriptor *f)
{
    lua_setfield(L, -2, f->name);
    for (unsigned i = 0; i < m->n_fields; i++) {
        if (!proto_excludes(f, &m->fields[i]))
            continue;
        lua_pushnil(L);
        lua_setfield(L, -2, m->fields[i].name);
    }
}

static void decode_message(lua_State *L, struct wire w,
                           const ProtobufCMessageDescriptor *m, int depth)
{
    struct wire_field read;
    enum wire_result result;
    if (depth > MAX_DEPTH)
        luaL_error(L, "%s: nested deeper than %d", m->name, MAX_DEPTH);
    luaL_checkstack(L, 4, m->name);
    lua_createtable(L, 0, (int)m->n_fields);
    set_defaults(L, m);
    while ((result = wire_next(&w, &read)) == WIRE_FIELD) {
        const ProtobufCFieldDescriptor *f =
            protobuf_c_message_descriptor_get_field(m, read.number);
        if (!f)
            continue;
        if (proto_is_repeated(f)) {
            lua_getfield(L, -1, f->name);
            append_values(L, &read, m, f, depth);
            lua_pop(L, 1);
        } else {
            push_wire_value(L, &read, m, f, depth);
            set_message_field(L, m, f);
        }
    }
    if (result == WIRE_DAMAGED)
        luaL_error(L, "%s is damaged or cut short", m->name);
}

void proto_decode(lua_State *L, struct wire w,
                  const ProtobufCMessageDescriptor *m)
{
    decode_message(L, w, m, 0);
}
