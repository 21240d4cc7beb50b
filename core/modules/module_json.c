/* module_json.c -- `require "json"`: encode, decode, array, null.
 *
 * json.decode is a recursive-descent parser of RFC 8259. It is strict: a text
 * that is not JSON raises an error with the line and column. Decoded arrays are
 * marked, so that json.encode writes an empty one as [] again. A null becomes
 * json.null and not nil, so that it keeps its place in a table. json_encode.c
 * writes JSON.
 */
#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/percent.h"
#include "modules/json_encode.h"
#include "modules/modules.h"
#include "script/owned_buf.h"

#define MAX_DEPTH 128
#define ARRAY_MARK 2 /* stack index of the metatable during json.decode */

struct reader {
    lua_State *L;
    const char *start, *at, *end; /* the text; `at` is the next character */
    int depth;                    /* brackets around it */
};

/* Raises an error at the current place. */
static int decode_error(const struct reader *r, const char *what)
{
    int line = 1, column = 1;
    for (const char *c = r->start; c < r->at; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    return luaL_error(r->L, "json: line %d, column %d: %s", line, column, what);
}

/* Returns the next character, or NUL at the end. A NUL in the text is an error
 * everywhere, so the two need no distinction. */
static char peek(const struct reader *r)
{
    return r->at < r->end ? *r->at : '\0';
}

/* Skips white space. Returns the next character. */
static char skip_space(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
        r->at++;
    return peek(r);
}

/* Reads the four digits of \uXXXX. */
static unsigned decode_hex4(struct reader *r)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(peek(r));
        if (digit < 0)
            decode_error(r, "\\u needs four hexadecimal digits");
        value = value * 16 + (unsigned)digit;
        r->at++;
    }
    return value;
}

static void add_utf8(luaL_Buffer *b, unsigned c)
{
    if (c < 0x80) {
        luaL_addchar(b, (char)c);
        return;
    }
    if (c < 0x800) {
        luaL_addchar(b, (char)(0xC0 | c >> 6));
    } else {
        if (c < 0x10000) {
            luaL_addchar(b, (char)(0xE0 | c >> 12));
        } else {
            luaL_addchar(b, (char)(0xF0 | c >> 18));
            luaL_addchar(b, (char)(0x80 | (c >> 12 & 0x3F)));
        }
        luaL_addchar(b, (char)(0x80 | (c >> 6 & 0x3F)));
    }
    luaL_addchar(b, (char)(0x80 | (c & 0x3F)));
}

/* Reads the code point behind \u, which takes two escapes if it is a surrogate
 * pair. */
static void decode_unicode(struct reader *r, luaL_Buffer *b)
{
    unsigned c = decode_hex4(r);
    if (c >= 0xD800 && c <= 0xDBFF && r->end - r->at >= 2 && r->at[0] == '\\' &&
        r->at[1] == 'u') {
        r->at += 2;
        unsigned low = decode_hex4(r);
        if (low < 0xDC00 || low > 0xDFFF)
            decode_error(r, "a lone surrogate");
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    } else if (c >= 0xD800 && c <= 0xDFFF) {
        decode_error(r, "a lone surrogate");
    }
    add_utf8(b, c);
}

static void decode_escape(struct reader *r, luaL_Buffer *b)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char c = peek(r);
    const char *at = c ? strchr(letters, c) : NULL;
    if (at) {
        r->at++;
        luaL_addchar(b, meanings[at - letters]);
    } else if (c == 'u') {
        r->at++;
        decode_unicode(r, b);
    } else {
        decode_error(r, "an unknown escape");
    }
}

/* Returns the end of the run of characters without escapes that starts here. */
static const char *plain_run(const struct reader *r)
{
    const char *c = r->at;
    while (c < r->end && *c != '"' && *c != '\\' && (unsigned char)*c >= 0x20)
        c++;
    return c;
}

/* Pushes the string whose opening quote is the next character. */
static void decode_string(struct reader *r)
{
    r->at++;
    const char *stop = plain_run(r);
    if (stop < r->end && *stop == '"') { /* the usual string has no escapes */
        lua_pushlstring(r->L, r->at, (size_t)(stop - r->at));
        r->at = stop + 1;
        return;
    }
    luaL_Buffer b;
    luaL_buffinit(r->L, &b);
    for (;;) {
        stop = plain_run(r);
        luaL_addlstring(&b, r->at, (size_t)(stop - r->at));
        r->at = stop;
        if (r->at == r->end)
            decode_error(r, "a string without its end");
        if (*r->at == '"')
            break;
        if (*r->at != '\\')
            decode_error(r, "a control character in a string");
        r->at++;
        decode_escape(r, &b);
    }
    r->at++;
    luaL_pushresult(&b);
}

static void skip_digits(struct reader *r)
{
    if (peek(r) < '0' || peek(r) > '9')
        decode_error(r, "a digit is missing");
    while (peek(r) >= '0' && peek(r) <= '9')
        r->at++;
}

static void decode_number(struct reader *r)
{
    const char *start = r->at;
    bool is_integer = true;
    if (peek(r) == '-')
        r->at++;
    if (peek(r) == '0')
        r->at++;
    else
        skip_digits(r);
    if (peek(r) == '.') {
        is_integer = false;
        r->at++;
        skip_digits(r);
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        is_integer = false;
        r->at++;
        if (peek(r) == '+' || peek(r) == '-')
            r->at++;
        skip_digits(r);
    }
    /* Lua strings end with a NUL, so strtod stops at the end of the text. */
    if (is_integer) {
        lua_pushlstring(r->L, start, (size_t)(r->at - start));
        if (lua_stringtonumber(r->L, lua_tostring(r->L, -1)) == 0)
            decode_error(r, "a number is out of range");
        lua_remove(r->L, -2);
    } else {
        lua_pushnumber(r->L, strtod(start, NULL));
    }
    if (!isfinite(lua_tonumber(r->L, -1)))
        decode_error(r, "a number is out of range");
}

static void decode_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
        decode_error(r, "a value expected");
    r->at += n;
}

static void decode_json_value(struct reader *r);

static void enter_bracket(struct reader *r)
{
    if (r->depth++ == MAX_DEPTH)
        decode_error(r, "more than 128 levels deep");
    luaL_checkstack(r->L, 6, "json");
    r->at++; /* the bracket */
}

static void decode_array(struct reader *r)
{
    lua_State *L = r->L;
    enter_bracket(r);
    lua_newtable(L);
    lua_pushvalue(L, ARRAY_MARK);
    lua_setmetatable(L, -2);
    if (skip_space(r) != ']') {
        lua_Integer n = 0;
        for (;;) {
            decode_json_value(r);
            lua_rawseti(L, -2, ++n);
            char c = skip_space(r);
            if (c == ']')
                break;
            if (c != ',')
                decode_error(r, "',' or ']' expected");
            r->at++;
        }
    }
    r->at++;
    r->depth--;
}

static void decode_member(struct reader *r)
{
    if (skip_space(r) != '"')
        decode_error(r, "a key in double quotes expected");
    decode_string(r);
    if (skip_space(r) != ':')
        decode_error(r, "':' expected");
    r->at++;
    decode_json_value(r);
    lua_rawset(r->L, -3);
}

static void decode_object(struct reader *r)
{
    enter_bracket(r);
    lua_newtable(r->L);
    if (skip_space(r) != '}') {
        for (;;) {
            decode_member(r);
            char c = skip_space(r);
            if (c == '}')
                break;
            if (c != ',')
                decode_error(r, "',' or '}' expected");
            r->at++;
        }
    }
    r->at++;
    r->depth--;
}

static void decode_json_value(struct reader *r)
{
    switch (skip_space(r)) {
    case '{':
        decode_object(r);
        break;
    case '[':
        decode_array(r);
        break;
    case '"':
        decode_string(r);
        break;
    case 't':
        decode_word(r, "true");
        lua_pushboolean(r->L, true);
        break;
    case 'f':
        decode_word(r, "false");
        lua_pushboolean(r->L, false);
        break;
    case 'n':
        decode_word(r, "null");
        lua_pushlightuserdata(r->L, NULL);
        break;
    default:
        if (peek(r) != '-' && (peek(r) < '0' || peek(r) > '9'))
            decode_error(r, "a value expected");
        decode_number(r);
    }
}

static int json_decode_lua(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_settop(L, 1);
    json_encode_push_array_mark(L); /* at ARRAY_MARK */
    struct reader r = {.L = L, .start = text, .at = text, .end = text + len};
    decode_json_value(&r);
    skip_space(&r);
    if (r.at < r.end)
        decode_error(&r, "the end of the text expected");
    return 1;
}

/* Builds the text in a buffer that is kept as upvalue 1, so that a call only
 * allocates its result. A buffer of more than 1 MiB is freed. */
static int json_encode_lua(lua_State *L)
{
    luaL_checkany(L, 1);
    struct buf *out = lua_touserdata(L, lua_upvalueindex(1));
    struct err err;
    if (out->failed || out->cap > 1 << 20)
        buf_fini(out);
    out->len = 0;
    if (!json_encode(L, 1, out, &err))
        return luaL_error(L, "json: %s", err.message);
    lua_pushlstring(L, out->data, out->len);
    return 1;
}

static int json_array_lua(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    json_encode_push_array_mark(L);
    lua_setmetatable(L, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    {"decode",
     json_decode_lua}, /* text -> value; raises with line and column */
    {"array",
     json_array_lua}, /* mark a table (a new one) as an array, and return it */
    {NULL, NULL},
};

int module_json_open(lua_State *L)
{
    lua_newtable(L);
    json_encode_set_array_mark(L);
    luaL_newlib(L, functions);
    owned_buf_new(L);
    lua_pushcclosure(L, json_encode_lua, 1);
    lua_setfield(L, -2, "encode"); /* value -> text; raises with the place */
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
