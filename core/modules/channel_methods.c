/* channel_methods.c -- sync.channel(name, capacity): passes copies of values.
 *
 * A message is a block of malloc with the bytes of script/value.h. The sender
 * makes it, the channel or the queue of waiting senders holds it, and the
 * receiver frees it. */
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "modules/sync_methods.h"
#include "script/owned_buf.h"
#include "script/sync_handle.h"
#include "script/sync_wait.h"
#include "script/value.h"
#include "sync/channel.h"

#define TYPE "sync.channel"
#define MESSAGE "perilune.message"
#define MAX_CAPACITY 1000000000

static struct sync_channel *check_channel(lua_State *L)
{
    return container_of(sync_handle_check(L, TYPE), struct sync_channel,
                        object);
}

/* A userdata that owns a message until the message is taken out. The functions
 * below free or take the message themselves; the garbage collector, which does
 * not know the size of messages, frees it only after an error. */
struct box {
    struct sync_message *message;
};

static void empty_box(struct box *box)
{
    free(box->message);
    box->message = NULL;
}

static int collect_box(lua_State *L)
{
    empty_box(lua_touserdata(L, 1));
    return 0;
}

static struct box *push_box(lua_State *L)
{
    struct box *box = lua_newuserdatauv(L, sizeof *box, 0);
    box->message = NULL;
    luaL_setmetatable(L, MESSAGE);
    return box;
}

/* Takes the message out of the box: the channel owns it now. */
static struct sync_message *take_message(struct box *box)
{
    struct sync_message *message = box->message;
    box->message = NULL;
    return message;
}

/* Pushes a box with a copy of the value at `index`. */
static struct box *push_message_box(lua_State *L, int index)
{
    struct buf *bytes = owned_buf_new(L);
    value_write(L, index, bytes);
    struct box *box = push_box(L);
    struct sync_message *message = malloc(sizeof *message + bytes->len);
    if (!message)
        luaL_error(L, "out of memory for a message");
    message->n_bytes = bytes->len;
    memcpy(message->bytes, bytes->data, bytes->len);
    buf_fini(bytes);
    box->message = message;
    return box;
}

static int push_failure(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

/* Ends the wait of a sender, whose message was not received. Returns false if
 * it has been received. */
static bool leave_send(struct sync_object *object, struct waiter *waiter)
{
    bool waits = sync_channel_leave_send(
        container_of(object, struct sync_channel, object), waiter);
    if (waits) {
        free(waiter->item);
        waiter->item = NULL;
    }
    return waits;
}

/* The task was given up after its message was received: nothing to undo. */
static void keep_sent(struct sync_object *object, struct waiter *waiter)
{
    (void)object;
    (void)waiter;
}

static const struct sync_wait_kind send_kind = {leave_send, keep_sent};

static int on_sent(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct sync_wait *wait = (struct sync_wait *)ctx;
    enum sync_wait_result result = sync_wait_end(wait);
    sync_wait_free(wait);
    if (result != SYNC_WAIT_SERVED)
        return push_failure(L,
                            result == SYNC_WAIT_CLOSED ? "closed" : "timeout");
    lua_pushboolean(L, true);
    return 1;
}

static int finish_send(lua_State *L, enum channel_result result)
{
    if (result != CHANNEL_DONE)
        return push_failure(L, result == CHANNEL_CLOSED ? "closed" : "timeout");
    lua_pushboolean(L, true);
    return 1;
}

static int channel_send(lua_State *L)
{
    struct sync_channel *channel = check_channel(L);
    luaL_checkany(L, 2);
    lua_Number seconds = sync_check_timeout(L, 3);
    struct box *box = push_message_box(L, 2);
    enum channel_result result = sync_channel_send(channel, box->message, NULL);
    if (result == CHANNEL_DONE)
        take_message(box);
    if (result != CHANNEL_WAITS || seconds == 0) {
        empty_box(box);
        return finish_send(L, result);
    }
    struct sync_wait *wait =
        sync_wait_new(L, "channel:send", &send_kind, &channel->object);
    result = sync_channel_send(channel, box->message, &wait->waiter);
    if (result != CHANNEL_CLOSED)
        take_message(box);
    if (result != CHANNEL_WAITS) {
        empty_box(box);
        sync_wait_free(wait);
        return finish_send(L, result);
    }
    sync_wait_start(wait, seconds);
    return lua_yieldk(L, 0, (lua_KContext)wait, on_sent);
}

static bool leave_receive(struct sync_object *object, struct waiter *waiter)
{
    return sync_channel_leave_receive(
        container_of(object, struct sync_channel, object), waiter);
}

/* The task was given up after it got a message: the channel gets it back. */
static void give_back_message(struct sync_object *object, struct waiter *waiter)
{
    sync_channel_give_back(container_of(object, struct sync_channel, object),
                           waiter->item);
}

static const struct sync_wait_kind receive_kind = {leave_receive,
                                                   give_back_message};

/* Pushes the value of the message in the box. stack: ..., box */
static int push_received(lua_State *L)
{
    struct box *box = lua_touserdata(L, -1);
    value_read(L, box->message->bytes);
    empty_box(box);
    return 1;
}

/* stack: channel, seconds, box */
static int on_received(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct sync_wait *wait = (struct sync_wait *)ctx;
    enum sync_wait_result result = sync_wait_end(wait);
    struct box *box = lua_touserdata(L, 3);
    box->message = wait->waiter.item;
    sync_wait_free(wait);
    if (result != SYNC_WAIT_SERVED)
        return push_failure(L,
                            result == SYNC_WAIT_CLOSED ? "closed" : "timeout");
    lua_settop(L, 3);
    return push_received(L);
}

static int finish_receive(lua_State *L, enum channel_result result)
{
    if (result == CHANNEL_DONE)
        return push_received(L);
    return push_failure(L, result == CHANNEL_CLOSED ? "closed" : "timeout");
}

static int channel_receive(lua_State *L)
{
    struct sync_channel *channel = check_channel(L);
    lua_Number seconds = sync_check_timeout(L, 2);
    lua_settop(L, 2);
    struct box *box = push_box(L);
    enum channel_result result =
        sync_channel_receive(channel, &box->message, NULL);
    if (result != CHANNEL_WAITS || seconds == 0)
        return finish_receive(L, result);
    struct sync_wait *wait =
        sync_wait_new(L, "channel:receive", &receive_kind, &channel->object);
    result = sync_channel_receive(channel, &box->message, &wait->waiter);
    if (result != CHANNEL_WAITS) {
        sync_wait_free(wait);
        return finish_receive(L, result);
    }
    sync_wait_start(wait, seconds);
    return lua_yieldk(L, 0, (lua_KContext)wait, on_received);
}

static int close_channel(lua_State *L)
{
    sync_channel_close(check_channel(L));
    return 0;
}

static int channel_length(lua_State *L)
{
    lua_pushinteger(L, sync_channel_n_messages(check_channel(L)));
    return 1;
}

static const luaL_Reg methods[] = {
    {"close", close_channel},     /* ends sending for all tasks */
    {"receive", channel_receive}, /* waits without limit, or for some seconds */
    {"send", channel_send},       /* sends a copy to one receiver */
    {NULL, NULL},
};

void channel_methods_init(lua_State *L)
{
    luaL_newmetatable(L, MESSAGE);
    lua_pushcfunction(L, collect_box);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    sync_handle_type(L, TYPE, methods);
    luaL_getmetatable(L, TYPE);
    lua_pushcfunction(L, channel_length);
    lua_setfield(L, -2, "__len");
    lua_pop(L, 1);
}

int channel_methods_open(lua_State *L)
{
    sync_handle_open(L, TYPE, &sync_channel_class, 0, MAX_CAPACITY);
    return 1;
}
