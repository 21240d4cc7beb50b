#include "handler/reply.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "http/head.h"
#include "handler/stream_body.h"
#include "http/response.h"
#include "handler/stream.h"
#include "modules/json_encode.h"
#include "sample/hooks/vm_heap.h"

/* Most JSON replies are shorter, so they take one allocation. */
#define JSON_BYTES 512

/* Reads a status from `least` to 599. `whose` is for the message. */
static bool read_reply_status(lua_State *L, int index, const char *whose,
                              int least, unsigned *status, struct err *err)
{
    int is_integer;
    lua_Integer value = lua_tointegerx(L, index, &is_integer);
    bool is_number = lua_type(L, index) == LUA_TNUMBER;
    if (is_number && is_integer && value >= least && value <= 599) {
        *status = (unsigned)value;
        return true;
    }
    char got[32];
    snprintf(got, sizeof got, "%.14g", lua_tonumber(L, index));
    return err_set(err, "%s status must be an integer from %d to 599, got %s",
                   whose, least, is_number ? got : luaL_typename(L, index));
}

struct reply reply_text(unsigned status, const char *line)
{
    return (struct reply){.status = status,
                          .response = response_text("%s\n", line),
                          .n_bytes = strlen(line) + 1};
}

static void set_reason(struct reply *reply)
{
    if (reply->status < 400)
        reply->response = response_empty();
    else
        *reply = reply_text(reply->status, response_reason(reply->status));
}

static bool set_table(lua_State *L, int index, struct reply *reply,
                      struct err *err)
{
    struct buf text = BUF_INIT;
    buf_reserve(&text, JSON_BYTES);
    if (!json_encode(L, index, &text, err)) {
        buf_fini(&text);
        return err_prefix(err, "a handler's result: ");
    }
    reply->n_bytes = text.len;
    reply->response = response_take(&text, "application/json");
    return true;
}

static bool set_stream(lua_State *L, int index, struct reply *reply)
{
    if (!stream_body_is(L, index))
        return false;
    reply->body = index;
    reply->stream = stream_new();
    if (reply->stream)
        reply->response = stream_response(reply->stream);
    if (!reply->response) { /* out of memory */
        stream_free(reply->stream);
        reply->stream = NULL;
    }
    return true;
}

static void unshare_string(void *text) { vm_heap_unshare(text); }

/* Makes a response of a string that is on the Lua stack. A long string is
 * shared with its state (vm_heap.h) instead of copied: a client that reads
 * slowly keeps the string in memory, but not the state. */
static struct MHD_Response *share_string(const char *text, size_t len)
{
    if (!vm_heap_share(text, len))
        return response_copy(text, len, RESPONSE_TEXT);
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(len, (void *)text,
                                                           unshare_string);
    if (response)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                RESPONSE_TEXT);
    else
        vm_heap_unshare(text);
    return response;
}

static bool set_body(lua_State *L, int index, struct reply *reply,
                     struct err *err)
{
    size_t len;
    const char *text;
    switch (lua_type(L, index)) {
    case LUA_TTABLE:
        return set_table(L, index, reply, err);
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &len);
        reply->n_bytes = len;
        reply->response = share_string(text, len);
        return true;
    case LUA_TUSERDATA:
        if (set_stream(L, index, reply))
            return true;
        break;
    case LUA_TNIL:
    case LUA_TNONE:
        reply->response = response_empty();
        return true;
    }
    return err_set(err,
                   "a handler's body must be a table, a string, nil or made "
                   "by req:stream, got %s",
                   luaL_typename(L, index));
}

/* Says why libmicrohttpd does not take a header. */
static bool refuse_header(const char *name, const char *value, struct err *err)
{
    if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 ||
        strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
        return err_set(err, "header '%s' is set by the server itself", name);
    return err_set(err, "header '%s' cannot have the value '%s'", name, value);
}

/* stack: ..., value */
static bool add_reply_header(lua_State *L, struct reply *reply,
                             const char *name, struct err *err)
{
    char number[32];
    const char *value = number;
    if (lua_isinteger(L, -1))
        snprintf(number, sizeof number, LUA_INTEGER_FMT, lua_tointeger(L, -1));
    else if (lua_type(L, -1) == LUA_TSTRING)
        value = lua_tostring(L, -1);
    else
        return err_set(err,
                       "header '%s' must be a string, an integer or an array "
                       "of them, got %s",
                       name, luaL_typename(L, -1));
    if (value != number && strlen(value) != lua_rawlen(L, -1))
        return err_set(err, "header '%s' cannot have a NUL in its value", name);
    if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_TYPE) == 0)
        MHD_del_response_header(
            reply->response, MHD_HTTP_HEADER_CONTENT_TYPE,
            MHD_get_response_header(reply->response,
                                    MHD_HTTP_HEADER_CONTENT_TYPE));
    if (MHD_add_response_header(reply->response, name, value) == MHD_YES)
        return true;
    return refuse_header(name, value, err);
}

/* stack: ..., value or array of values */
static bool add_headers_of(lua_State *L, struct reply *reply, const char *name,
                           struct err *err)
{
    if (!lua_istable(L, -1))
        return add_reply_header(L, reply, name, err);
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        if (!add_reply_header(L, reply, name, err))
            return false;
        lua_pop(L, 1);
    }
    return true;
}

static bool add_headers(lua_State *L, int index, struct reply *reply,
                        struct err *err)
{
    if (lua_isnoneornil(L, index))
        return true;
    if (!lua_istable(L, index))
        return err_set(err, "a handler's headers must be a table, got %s",
                       luaL_typename(L, index));
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            return err_set(err, "a header's name must be a string, got %s",
                           luaL_typename(L, -2));
        const char *name = lua_tostring(L, -2);
        if (!head_is_token(name, lua_rawlen(L, -2)))
            return err_set(err, "a header's name must be a token, got '%s'",
                           name);
        if (!add_headers_of(L, reply, name, err))
            return false;
    }
    return true;
}

/* stack: ..., status (at `first`), body, headers */
static bool build_reply(lua_State *L, int first, struct reply *reply,
                        struct err *err)
{
    if (!read_reply_status(L, first, "a handler's", 200, &reply->status, err) ||
        !set_body(L, first + 1, reply, err))
        return false;
    if (!reply->response || add_headers(L, first + 2, reply, err))
        return true;
    MHD_destroy_response(reply->response);
    reply->response = NULL;
    stream_free(reply->stream);
    reply->stream = NULL;
    return false;
}

bool reply_from_results(lua_State *L, int first, struct reply *reply,
                        struct err *err)
{
    *reply = (struct reply){.status = MHD_HTTP_OK};
    int n = lua_gettop(L) - first + 1;
    if (!lua_checkstack(L, 8))
        return err_set(err, "out of memory");
    if (n > 3)
        return err_set(err,
                       "a handler returns at most status, body and "
                       "headers, got %d values",
                       n);
    if (n <= 0 || (n == 1 && lua_isnil(L, first))) {
        reply->status = MHD_HTTP_NO_CONTENT;
        reply->response = response_empty();
        return true;
    }
    if (n == 1 && lua_type(L, first) != LUA_TNUMBER)
        return set_body(L, first, reply, err);
    if (n == 1) {
        if (!read_reply_status(L, first, "a handler's", 200, &reply->status,
                               err))
            return false;
        set_reason(reply);
        return true;
    }
    return build_reply(L, first, reply, err);
}

/* Pushes the value of a field of the table on top. Does not call metamethods,
 * which could raise. Returns false if the field is absent. */
static bool push_error_field(lua_State *L, const char *name)
{
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING &&
            strcmp(lua_tostring(L, -2), name) == 0) {
            lua_remove(L, -2);
            return true;
        }
    }
    return false;
}

/* stack: ..., an error's message */
static bool set_message(lua_State *L, struct reply *reply, struct err *err)
{
    char number[32];
    const char *text = number;
    if (lua_isinteger(L, -1))
        snprintf(number, sizeof number, LUA_INTEGER_FMT, lua_tointeger(L, -1));
    else if (lua_type(L, -1) == LUA_TNUMBER)
        snprintf(number, sizeof number, LUA_NUMBER_FMT, lua_tonumber(L, -1));
    else if (lua_type(L, -1) == LUA_TSTRING)
        text = lua_tostring(L, -1);
    else
        return err_set(err, "an error's message must be a string, got %s",
                       luaL_typename(L, -1));
    if (reply->response)
        MHD_destroy_response(reply->response);
    *reply = reply_text(reply->status, text);
    return true;
}

/* stack: ..., error, its status */
static bool build_error_reply(lua_State *L, struct reply *reply,
                              struct err *err)
{
    if (!read_reply_status(L, -1, "an error's", 400, &reply->status, err))
        return false;
    lua_pop(L, 1);
    set_reason(reply);
    if (!push_error_field(L, "message"))
        return true;
    if (set_message(L, reply, err))
        return true;
    if (reply->response)
        MHD_destroy_response(reply->response);
    reply->response = NULL;
    return false;
}

bool reply_from_error(lua_State *L, struct reply *reply, struct err *err)
{
    struct err wrong;
    int top = lua_gettop(L);
    *reply = (struct reply){0};
    if (!lua_istable(L, -1) || !lua_checkstack(L, 8) ||
        !push_error_field(L, "status"))
        return false;
    bool built = build_error_reply(L, reply, &wrong);
    lua_settop(L, top);
    return built || err_prefix(err, "%s: ", wrong.message);
}
