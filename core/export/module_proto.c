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
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "export/modules.h"
#include "export/proto_registry.h"
#include "profile/wire.h"

#define BUFFER_TYPE "perilune.proto_buffer"

enum { MAX_DEPTH = 64, VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

typedef const ProtobufCMessageDescriptor *message_type;
typedef const ProtobufCFieldDescriptor *field_type;

static message_type check_message(lua_State *L, int arg)
{
    const char *name = luaL_checkstring(L, arg);
    for (const message_type *m = proto_registry; *m; m++)
        if (strcmp((*m)->name, name) == 0)
            return *m;
    luaL_argerror(L, arg,
                  lua_pushfstring(L, "no message '%s' in proto/", name));
    return NULL;
}

static bool is_repeated(field_type f)
{
    return f->label == PROTOBUF_C_LABEL_REPEATED;
}

static bool is_bytes(field_type f)
{
    return f->type == PROTOBUF_C_TYPE_STRING ||
           f->type == PROTOBUF_C_TYPE_BYTES;
}

static bool is_float(field_type f)
{
    return f->type == PROTOBUF_C_TYPE_FLOAT ||
           f->type == PROTOBUF_C_TYPE_DOUBLE;
}

static bool is_zigzag(field_type f)
{
    return f->type == PROTOBUF_C_TYPE_SINT32 ||
           f->type == PROTOBUF_C_TYPE_SINT64;
}

static bool is_32_bits(field_type f)
{
    return f->type == PROTOBUF_C_TYPE_INT32 ||
           f->type == PROTOBUF_C_TYPE_SINT32 ||
           f->type == PROTOBUF_C_TYPE_SFIXED32 ||
           f->type == PROTOBUF_C_TYPE_ENUM;
}

static unsigned wire_type(field_type f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return FIXED64;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return FIXED32;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return BYTES;
    default:
        return VARINT;
    }
}

/* ---- encode */

static int wrong(lua_State *L, message_type m, field_type f, const char *wanted)
{
    return luaL_error(L, "%s.%s must be %s, got %s", m->name, f->name, wanted,
                      luaL_typename(L, -1));
}

static void put_varint(struct buf *b, uint64_t value)
{
    char bytes[10];
    size_t n = 0;
    do {
        bytes[n] = (char)(value & 0x7f);
        value >>= 7;
        if (value)
            bytes[n] |= (char)0x80;
        n++;
    } while (value);
    buf_append(b, bytes, n);
}

static void put_tag(struct buf *b, field_type f, unsigned type)
{
    put_varint(b, (uint64_t)f->id << 3 | type);
}

/* The bits of the number or boolean on top of the stack, as they are written:
 * for a varint the value, zigzag where that is due. */
static uint64_t check_number(lua_State *L, message_type m, field_type f)
{
    if (f->type == PROTOBUF_C_TYPE_BOOL) {
        if (!lua_isboolean(L, -1))
            wrong(L, m, f, "a boolean");
        return (uint64_t)lua_toboolean(L, -1);
    }
    if (lua_type(L, -1) != LUA_TNUMBER)
        wrong(L, m, f, "a number");
    if (is_float(f)) {
        double d = lua_tonumber(L, -1);
        float single = (float)d;
        uint64_t bits = 0;
        if (f->type == PROTOBUF_C_TYPE_DOUBLE)
            memcpy(&bits, &d, sizeof d);
        else
            memcpy(&bits, &single, sizeof single);
        return bits;
    }
    int fits;
    lua_Integer i = lua_tointegerx(L, -1, &fits);
    if (!fits)
        wrong(L, m, f, "a whole number");
    if (is_32_bits(f) && (i < INT32_MIN || i > INT32_MAX))
        luaL_error(L, "%s.%s does not fit in 32 bits: %I", m->name, f->name,
                   (LUAI_UACINT)i);
    if ((f->type == PROTOBUF_C_TYPE_UINT32 ||
         f->type == PROTOBUF_C_TYPE_FIXED32) &&
        (i < 0 || i > UINT32_MAX))
        luaL_error(L, "%s.%s does not fit in 32 bits: %I", m->name, f->name,
                   (LUAI_UACINT)i);
    uint64_t bits = (uint64_t)i;
    return is_zigzag(f) ? bits << 1 ^ (uint64_t)(i >> 63) : bits;
}

static void put_number(struct buf *b, field_type f, uint64_t bits)
{
    switch (wire_type(f)) {
    case FIXED64:
        buf_append(b, &bits, 8);
        break;
    case FIXED32:
        buf_append(b, &bits, 4);
        break;
    default:
        put_varint(b, bits);
    }
}

static void encode_message(lua_State *L, struct buf *b, message_type m,
                           int depth);

/* What begins at `start` gets its length in front. */
static void put_length_before(struct buf *b, size_t start)
{
    size_t n = b->len - start;
    put_varint(b, n);
    size_t n_length = b->len - start - n;
    char length[10];
    if (b->failed)
        return;
    memcpy(length, b->data + start + n, n_length);
    memmove(b->data + start + n_length, b->data + start, n);
    memcpy(b->data + start, length, n_length);
}

/* One value, on top of the stack, with its tag. */
static void encode_one(lua_State *L, struct buf *b, message_type m,
                       field_type f, int depth)
{
    if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
        if (!lua_istable(L, -1))
            wrong(L, m, f, "a table");
        put_tag(b, f, BYTES);
        size_t start = b->len;
        encode_message(L, b, f->descriptor, depth + 1);
        put_length_before(b, start);
    } else if (is_bytes(f)) {
        if (lua_type(L, -1) != LUA_TSTRING)
            wrong(L, m, f, "a string");
        size_t len;
        const char *s = lua_tolstring(L, -1, &len);
        if (len == 0 && !is_repeated(f))
            return;
        put_tag(b, f, BYTES);
        put_varint(b, len);
        buf_append(b, s, len);
    } else {
        uint64_t bits = check_number(L, m, f);
        if (bits == 0)
            return;
        put_tag(b, f, wire_type(f));
        put_number(b, f, bits);
    }
}

/* stack: ..., array */
static void encode_repeated(lua_State *L, struct buf *b, message_type m,
                            field_type f, int depth)
{
    if (!lua_istable(L, -1))
        wrong(L, m, f, "an array");
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    bool packed = wire_type(f) != BYTES;
    if (n == 0)
        return;
    if (packed)
        put_tag(b, f, BYTES);
    size_t start = b->len;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        if (packed)
            put_number(b, f, check_number(L, m, f));
        else
            encode_one(L, b, m, f, depth);
        lua_pop(L, 1);
    }
    if (packed)
        put_length_before(b, start);
}

/* stack: ..., table with a key that is no field's name */
static void refuse_unknown(lua_State *L, message_type m)
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
static void encode_message(lua_State *L, struct buf *b, message_type m,
                           int depth)
{
    unsigned found = 0, there = 0;
    if (depth > MAX_DEPTH)
        luaL_error(L, "%s: nested deeper than %d", m->name, MAX_DEPTH);
    luaL_checkstack(L, 4, m->name);
    for (unsigned i = 0; i < m->n_fields; i++) {
        field_type f = &m->fields[i];
        if (lua_getfield(L, -1, f->name) != LUA_TNIL) {
            found++;
            if (is_repeated(f))
                encode_repeated(L, b, m, f, depth);
            else
                encode_one(L, b, m, f, depth);
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

static int proto_encode(lua_State *L)
{
    message_type m = check_message(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    struct buf *b = push_buffer(L);
    lua_pushvalue(L, 2);
    encode_message(L, b, m, 0);
    if (b->failed)
        return luaL_error(L, "out of memory for a %s", m->name);
    lua_pushlstring(L, b->data, b->len);
    return 1;
}

/* ---- decode */

static void push_number(lua_State *L, field_type f, uint64_t bits)
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
    case PROTOBUF_C_TYPE_SFIXED32:
        lua_pushinteger(L, (int32_t)bits);
        break;
    default:
        if (is_zigzag(f))
            bits = bits >> 1 ^ -(bits & 1);
        lua_pushinteger(L, (lua_Integer)bits);
    }
}

static void decode_message(lua_State *L, struct wire w, message_type m,
                           int depth);

/* Push one value that was read from the wire. */
static void push_value(lua_State *L, const struct wire_field *read,
                       message_type m, field_type f, int depth)
{
    if (read->is_bytes != (wire_type(f) == BYTES))
        luaL_error(L, "%s.%s is written as another type", m->name, f->name);
    if (f->type == PROTOBUF_C_TYPE_MESSAGE)
        decode_message(L, read->bytes, f->descriptor, depth + 1);
    else if (is_bytes(f))
        lua_pushlstring(L, (const char *)read->bytes.at,
                        (size_t)(read->bytes.end - read->bytes.at));
    else
        push_number(L, f, read->value);
}

static bool next_packed(struct wire *w, field_type f, uint64_t *bits)
{
    if (wire_type(f) == VARINT)
        return wire_varint(w, bits);
    return wire_fixed(w, wire_type(f) == FIXED64 ? 8 : 4, bits);
}

/* stack: ..., array. Append what was read. */
static void append_values(lua_State *L, const struct wire_field *read,
                          message_type m, field_type f, int depth)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    if (!read->is_bytes || wire_type(f) == BYTES) {
        push_value(L, read, m, f, depth);
        lua_rawseti(L, -2, n + 1);
        return;
    }
    struct wire packed = read->bytes;
    while (packed.at < packed.end) {
        uint64_t bits;
        if (!next_packed(&packed, f, &bits))
            luaL_error(L, "%s.%s is damaged or cut short", m->name, f->name);
        push_number(L, f, bits);
        lua_rawseti(L, -2, ++n);
    }
}

/* stack: ..., table. What proto3 says an absent field is. */
static void set_defaults(lua_State *L, message_type m)
{
    for (unsigned i = 0; i < m->n_fields; i++) {
        field_type f = &m->fields[i];
        if (is_repeated(f))
            lua_newtable(L);
        else if (f->type == PROTOBUF_C_TYPE_MESSAGE)
            continue;
        else if (is_bytes(f))
            lua_pushliteral(L, "");
        else
            push_number(L, f, 0);
        lua_setfield(L, -2, f->name);
    }
}

/* Push the message as a table. Fields that it does not know are passed over. */
static void decode_message(lua_State *L, struct wire w, message_type m,
                           int depth)
{
    struct wire_field read;
    enum wire_result result;
    if (depth > MAX_DEPTH)
        luaL_error(L, "%s: nested deeper than %d", m->name, MAX_DEPTH);
    luaL_checkstack(L, 4, m->name);
    lua_createtable(L, 0, (int)m->n_fields);
    set_defaults(L, m);
    while ((result = wire_next(&w, &read)) == WIRE_FIELD) {
        field_type f = protobuf_c_message_descriptor_get_field(m, read.number);
        if (!f)
            continue;
        if (is_repeated(f)) {
            lua_getfield(L, -1, f->name);
            append_values(L, &read, m, f, depth);
            lua_pop(L, 1);
        } else {
            push_value(L, &read, m, f, depth);
            lua_setfield(L, -2, f->name);
        }
    }
    if (result == WIRE_DAMAGED)
        luaL_error(L, "%s is damaged or cut short", m->name);
}

static int proto_decode(lua_State *L)
{
    message_type m = check_message(L, 1);
    size_t n;
    const char *bytes = luaL_checklstring(L, 2, &n);
    struct wire w = {(const unsigned char *)bytes,
                     (const unsigned char *)bytes + n};
    decode_message(L, w, m, 0);
    return 1;
}

int module_proto_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"encode", proto_encode},
        {"decode", proto_decode},
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
