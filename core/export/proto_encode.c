/* proto_encode.c -- makes a protobuf message from a Lua table. */
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <string.h>

#include "export/proto.h"

enum { MAX_DEPTH = 64, MAX_VARINT_BYTES = 10 };

static int raise_wrong_type(lua_State *L, const ProtobufCMessageDescriptor *m,
                            const ProtobufCFieldDescriptor *f,
                            const char *wanted)
{
    return luaL_error(L, "%s.%s must be %s, got %s", m->name, f->name, wanted,
                      luaL_typename(L, -1));
}

static void put_varint(struct buf *b, uint64_t value)
{
    if (b->cap - b->len < MAX_VARINT_BYTES && !buf_reserve(b, MAX_VARINT_BYTES))
        return;
    char *at = b->data + b->len;
    for (; value > 0x7f; value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    b->len = (size_t)(at - b->data);
}

static void put_field_tag(struct buf *b, const ProtobufCFieldDescriptor *f,
                          enum wire_type type)
{
    put_varint(b, (uint64_t)f->id << 3 | type);
}

static uint64_t float_bits(const ProtobufCFieldDescriptor *f, double d)
{
    float single = (float)d;
    uint64_t bits = 0;
    if (f->type == PROTOBUF_C_TYPE_DOUBLE)
        memcpy(&bits, &d, sizeof d);
    else
        memcpy(&bits, &single, sizeof single);
    return bits;
}

static void check_range(lua_State *L, const ProtobufCMessageDescriptor *m,
                        const ProtobufCFieldDescriptor *f, lua_Integer i)
{
    if (proto_n_bits(f) == 64)
        return;
    bool fits = proto_is_unsigned(f) ? i >= 0 && i <= UINT32_MAX
                                     : i >= INT32_MIN && i <= INT32_MAX;
    if (!fits)
        luaL_error(L, "%s.%s does not fit in 32 bits: %I", m->name, f->name,
                   (LUAI_UACINT)i);
}

/* Returns the bits of the number or boolean on top of the stack as they are
 * written; zigzag types are encoded. Raises if the value does not fit the
 * field. */
static uint64_t check_number(lua_State *L, const ProtobufCMessageDescriptor *m,
                             const ProtobufCFieldDescriptor *f)
{
    if (f->type == PROTOBUF_C_TYPE_BOOL) {
        if (!lua_isboolean(L, -1))
            raise_wrong_type(L, m, f, "a boolean");
        return (uint64_t)lua_toboolean(L, -1);
    }
    if (lua_type(L, -1) != LUA_TNUMBER)
        raise_wrong_type(L, m, f, "a number");
    if (f->type == PROTOBUF_C_TYPE_FLOAT || f->type == PROTOBUF_C_TYPE_DOUBLE)
        return float_bits(f, lua_tonumber(L, -1));
    int is_whole;
    lua_Integer i = lua_tointegerx(L, -1, &is_whole);
    if (!is_whole)
        raise_wrong_type(L, m, f, "a whole number");
    check_range(L, m, f, i);
    uint64_t bits = (uint64_t)i;
    return proto_is_zigzag(f) ? bits << 1 ^ (uint64_t)(i >> 63) : bits;
}

static void put_wire_number(struct buf *b, enum wire_type type, uint64_t bits)
{
    if (type == WIRE_VARINT)
        put_varint(b, bits);
    else /* little-endian, as the machine is */
        buf_append(b, &bits, type == WIRE_FIXED64 ? 8 : 4);
}

static void encode_message(lua_State *L, struct buf *b,
                           const ProtobufCMessageDescriptor *m, int depth);

/* Inserts, before the bytes from `start` to the end, their length. */
static void put_length_before(struct buf *b, size_t start)
{
    size_t n = b->len - start;
    put_varint(b, n);
    size_t n_length = b->len - start - n;
    char length[MAX_VARINT_BYTES];
    if (b->failed)
        return;
    memcpy(length, b->data + start + n, n_length);
    memmove(b->data + start + n_length, b->data + start, n);
    memcpy(b->data + start, length, n_length);
}

/* Appends the value on top of the stack with its tag. Leaves out a default
 * value unless `even_default` is true. */
static void encode_one(lua_State *L, struct buf *b,
                       const ProtobufCMessageDescriptor *m,
                       const ProtobufCFieldDescriptor *f, bool even_default,
                       int depth)
{
    enum wire_type type = proto_wire_type(f);
    if (proto_is_message(f)) {
        if (!lua_istable(L, -1))
            raise_wrong_type(L, m, f, "a table");
        put_field_tag(b, f, type);
        size_t start = b->len;
        encode_message(L, b, f->descriptor, depth + 1);
        put_length_before(b, start);
    } else if (type == WIRE_BYTES) {
        if (lua_type(L, -1) != LUA_TSTRING)
            raise_wrong_type(L, m, f, "a string");
        size_t len;
        const char *s = lua_tolstring(L, -1, &len);
        if (len == 0 && !even_default)
            return;
        put_field_tag(b, f, type);
        put_varint(b, len);
        buf_append(b, s, len);
    } else {
        uint64_t bits = check_number(L, m, f);
        if (bits == 0 && !even_default)
            return;
        put_field_tag(b, f, type);
        put_wire_number(b, type, bits);
    }
}

/* stack: ..., array of numbers */
static void encode_packed(lua_State *L, struct buf *b,
                          const ProtobufCMessageDescriptor *m,
                          const ProtobufCFieldDescriptor *f, lua_Integer n)
{
    enum wire_type type = proto_wire_type(f);
    put_field_tag(b, f, WIRE_BYTES);
    size_t start = b->len;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        put_wire_number(b, type, check_number(L, m, f));
        lua_pop(L, 1);
    }
    put_length_before(b, start);
}

/* stack: ..., array */
static void encode_repeated(lua_State *L, struct buf *b,
                            const ProtobufCMessageDescriptor *m,
                            const ProtobufCFieldDescriptor *f, int depth)
{
    if (!lua_istable(L, -1))
        raise_wrong_type(L, m, f, "an array");
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    if (n > 0 && proto_wire_type(f) != WIRE_BYTES) {
        encode_packed(L, b, m, f, n);
        return;
    }
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        encode_one(L, b, m, f, true, depth);
        lua_pop(L, 1);
    }
}

/* stack: ..., table that has a key which is not a field's name. Raises. */
static void refuse_unknown(lua_State *L, const ProtobufCMessageDescriptor *m)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        const char *key =
            lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
        if (!key)
            luaL_error(L, "%s: a key must be a field's name, got a %s", m->name,
                       luaL_typename(L, -1));
        if (!protobuf_c_message_descriptor_get_field_by_name(m, key))
            luaL_error(L, "%s has no field '%s'", m->name, key);
    }
}

/* stack: ..., table */
static void encode_message(lua_State *L, struct buf *b,
                           const ProtobufCMessageDescriptor *m, int depth)
{
    unsigned found = 0, there = 0;
    if (depth > MAX_DEPTH)
        luaL_error(L, "%s: nested deeper than %d", m->name, MAX_DEPTH);
    luaL_checkstack(L, 4, m->name);
    for (unsigned i = 0; i < m->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->fields[i];
        if (lua_getfield(L, -1, f->name) != LUA_TNIL) {
            found++;
            if (proto_is_repeated(f))
                encode_repeated(L, b, m, f, depth);
            else
                encode_one(L, b, m, f, proto_has_presence(f), depth);
        }
        lua_pop(L, 1);
    }
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        there++;
        lua_pop(L, 1);
    }
    if (there != found)
        refuse_unknown(L, m);
}

void proto_encode(lua_State *L, struct buf *b,
                  const ProtobufCMessageDescriptor *m)
{
    encode_message(L, b, m, 0);
}
