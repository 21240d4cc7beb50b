/* proto.c -- tests of export/module_proto.c against protobuf-c's own packing,
 * on a message with a field of each kind (spec/proto/everything.proto). */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "everything.pb-c.h"
#include "export/module_proto.h"
#include "export/proto_registry.h"

/* The messages of this test in place of the program's. */
const ProtobufCMessageDescriptor *const proto_registry[] = {
    &test__everything__descriptor, &test__leaf__descriptor, NULL};

static int set_up(void **state)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return -1;
    luaL_openlibs(L);
    luaL_requiref(L, "proto", module_proto_open, 1);
    lua_settop(L, 0);
    *state = L;
    return 0;
}

static int tear_down(void **state)
{
    lua_close(*state);
    return 0;
}

/* Run Lua, with `bytes` as a global. */
static void run(lua_State *L, const unsigned char *bytes, size_t n,
                const char *script)
{
    if (bytes) {
        lua_pushlstring(L, (const char *)bytes, n);
        lua_setglobal(L, "bytes");
    }
    if (luaL_dostring(L, script) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
}

/* What EXTREMES says, as protobuf-c packs it. For free(). */
static unsigned char *pack_extremes(size_t *n)
{
    Test__Leaf leaves[] = {TEST__LEAF__INIT, TEST__LEAF__INIT};
    Test__Leaf *leaf_pointers[] = {&leaves[0], &leaves[1]};
    char *texts[] = {"", "two"};
    int64_t numbers[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    double doubles[] = {0, -0.5};
    protobuf_c_boolean flags[] = {true, false, true};
    Test__Everything inner = TEST__EVERYTHING__INIT;
    Test__Everything e = TEST__EVERYTHING__INIT;
    leaves[1].name = "leaf";
    leaves[1].n = INT32_MIN;
    e.i32 = INT32_MIN;
    e.i64 = INT64_MIN;
    e.u32 = UINT32_MAX;
    e.u64 = UINT64_MAX;
    e.s32 = INT32_MIN;
    e.s64 = INT64_MIN;
    e.f32 = UINT32_MAX;
    e.f64 = UINT64_MAX;
    e.sf32 = INT32_MIN;
    e.sf64 = INT64_MIN;
    e.single = -1.5f;
    e.number = 1e300;
    e.yes = true;
    e.text = "text";
    e.raw = (ProtobufCBinaryData){3, (uint8_t *)"a\0b"};
    e.colour = TEST__COLOUR__ULTRAVIOLET;
    e.leaf = &leaves[0];
    e.n_leaves = 2;
    e.leaves = leaf_pointers;
    e.n_texts = 2;
    e.texts = texts;
    e.n_numbers = 5;
    e.numbers = numbers;
    e.n_doubles = 2;
    e.doubles = doubles;
    e.n_flags = 3;
    e.flags = flags;
    e.choice_case = TEST__EVERYTHING__CHOICE_CHOICE_NUMBER; /* that is 0 */
    inner.choice_case = TEST__EVERYTHING__CHOICE_CHOICE_LEAF;
    inner.choice_leaf = &leaves[1];
    e.self = &inner;
    *n = test__everything__get_packed_size(&e);
    unsigned char *bytes = malloc(*n);
    assert_non_null(bytes);
    test__everything__pack(&e, bytes);
    return bytes;
}

static const char EXTREMES[] =
    "local extremes = {\n"
    "  i32 = -2147483648, i64 = math.mininteger, u32 = 4294967295, u64 = -1,\n"
    "  s32 = -2147483648, s64 = math.mininteger, f32 = 4294967295, f64 = -1,\n"
    "  sf32 = -2147483648, sf64 = math.mininteger, single = -1.5,\n"
    "  number = 1e300, yes = true, text = 'text', raw = 'a\\0b', colour = -2,\n"
    "  leaf = {}, leaves = { {}, { name = 'leaf', n = -2147483648 } },\n"
    "  texts = { '', 'two' }, flags = { true, false, true },\n"
    "  numbers = { math.mininteger, -1, 0, 1, math.maxinteger },\n"
    "  doubles = { 0, -0.5 }, choice_number = 0,\n"
    "  self = { choice_leaf = { name = 'leaf', n = -2147483648 } },\n"
    "}\n";

static void encodes_as_protobuf_c_does(void **state)
{
    lua_State *L = *state;
    size_t n, n_ours;
    unsigned char *expected = pack_extremes(&n);
    lua_pushstring(L, EXTREMES);
    lua_pushstring(L, "return proto.encode('test.Everything', extremes)");
    lua_concat(L, 2);
    if (luaL_dostring(L, lua_tostring(L, -1)) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
    const char *ours = lua_tolstring(L, -1, &n_ours);
    assert_int_equal(n_ours, n);
    assert_memory_equal(ours, expected, n);
    free(expected);
}

/* Every field that was told is there; those that were not have proto3's
 * defaults, or are absent where that says something. */
static void decodes_what_protobuf_c_packs(void **state)
{
    size_t n;
    unsigned char *bytes = pack_extremes(&n);
    lua_State *L = *state;
    lua_pushstring(L, EXTREMES);
    lua_pushstring(
        L,
        "local function same(told, read, path)\n"
        "  if type(told) ~= 'table' then\n"
        "    assert(told == read and math.type(told) == math.type(read)\n"
        "      or math.type(read) == 'float' and told == read,\n"
        "      path .. ': ' .. tostring(told) .. ', ' .. tostring(read))\n"
        "    return\n"
        "  end\n"
        "  assert(#told == #read, path)\n"
        "  for k, v in pairs(told) do same(v, read[k], path .. '.' .. k) end\n"
        "end\n"
        "local e = proto.decode('test.Everything', bytes)\n"
        "same(extremes, e, 'e')\n"
        "assert(e.choice_text == nil and e.choice_leaf == nil)\n"
        "local inner = e.self\n"
        "assert(inner.i32 == 0 and inner.text == '' and not inner.yes)\n"
        "assert(#inner.texts == 0 and inner.leaf == nil)\n"
        "assert(inner.choice_number == nil and inner.self == nil)\n"
        "assert(proto.encode('test.Everything', e) == bytes)\n");
    lua_concat(L, 2);
    run(L, bytes, n, lua_tostring(L, -1));
    free(bytes);
}

static void of_a_oneof_the_last_stays(void **state)
{
    run(*state, NULL, 0,
        "local a = proto.encode('test.Everything', { choice_number = 5 })\n"
        "local b = proto.encode('test.Everything', { choice_text = '' })\n"
        "local e = proto.decode('test.Everything', a .. b)\n"
        "assert(e.choice_text == '' and e.choice_number == nil)\n"
        "e = proto.decode('test.Everything', b .. a)\n"
        "assert(e.choice_text == nil and e.choice_number == 5)\n");
}

static void joins_messages(void **state)
{
    run(*state, NULL, 0,
        "local function encode(e) return proto.encode('test.Everything', e) "
        "end\n"
        "assert(encode {} == '')\n"
        "local parts = { encode { texts = { 'a' }, i32 = 1 },\n"
        "  encode { numbers = { 1, 2 }, texts = { 'b', 'c' }, i32 = 2 },\n"
        "  encode { numbers = { 3 } } }\n"
        "local e = proto.decode('test.Everything', table.concat(parts))\n"
        "assert(table.concat(e.texts, ',') == 'a,b,c' and e.i32 == 2)\n"
        "assert(table.concat(e.numbers, ',') == '1,2,3')\n");
}

static void refuses_what_does_not_fit(void **state)
{
    run(*state, NULL, 0,
        "local function refuses(message, e)\n"
        "  local ok, err = pcall(proto.encode, 'test.Everything', e)\n"
        "  assert(not ok and err:find(message, 1, true), err)\n"
        "end\n"
        "refuses('Everything.i32 does not fit in 32 bits: 2147483648',\n"
        "  { i32 = 1 << 31 })\n"
        "refuses('Everything.u32 does not fit in 32 bits: -1', { u32 = -1 })\n"
        "refuses('Everything.f32 does not fit in 32', { f32 = 1 << 32 })\n"
        "refuses('Everything.s32 does not fit', { s32 = -(1 << 31) - 1 })\n"
        "refuses('Everything.colour does not fit', { colour = 1 << 31 })\n"
        "refuses('Everything.i64 must be a whole number', { i64 = 0.5 })\n"
        "refuses('Everything.i64 must be a whole number', { i64 = 1e300 })\n"
        "refuses('Everything.i64 must be a number, got string', { i64 = '1' "
        "})\n"
        "refuses('Everything.text must be a string, got number', { text = 1 "
        "})\n"
        "refuses('Everything.yes must be a boolean, got number', { yes = 1 })\n"
        "refuses('Everything.leaf must be a table, got string', { leaf = '' "
        "})\n"
        "refuses('Everything.texts must be an array', { texts = 'a' })\n"
        "refuses('Leaf.n must be a number, got boolean',\n"
        "  { leaves = { { n = 1 }, { n = true } } })\n"
        "refuses(\"Leaf has no field 'm'\", { leaf = { m = 1 } })\n"
        "refuses('a key must be a field', { 5 })\n"
        "local loop = {}\n"
        "loop.self = loop\n"
        "refuses('nested deeper than 64', loop)\n"
        "local ok, err = pcall(proto.encode, 'test.Nothing', {})\n"
        "assert(not ok and err:find(\"no message 'test.Nothing'\", 1, "
        "true))\n");
}

/* Each byte of a message with each value: a table or an error, and nothing
 * that ASan would see. */
static void survives_damage(void **state)
{
    size_t n;
    unsigned char *bytes = pack_extremes(&n);
    run(*state, bytes, n,
        "local refused = 0\n"
        "local function try(damaged)\n"
        "  local ok, e = pcall(proto.decode, 'test.Everything', damaged)\n"
        "  if not ok then refused = refused + 1 end\n"
        "end\n"
        "for i = 1, #bytes do\n"
        "  local head, tail = bytes:sub(1, i - 1), bytes:sub(i + 1)\n"
        "  try(head)\n"
        "  for value = 0, 255 do try(head .. string.char(value) .. tail) end\n"
        "end\n"
        "assert(refused > #bytes)\n");
    free(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(encodes_as_protobuf_c_does), TEST(decodes_what_protobuf_c_packs),
        TEST(of_a_oneof_the_last_stays),  TEST(joins_messages),
        TEST(refuses_what_does_not_fit),  TEST(survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
