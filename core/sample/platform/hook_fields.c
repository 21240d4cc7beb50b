#include "sample/platform/hook_fields.h"

#include <lauxlib.h>
#include <stdint.h>
#include <string.h>

#include "sample/platform/call_info.h"
#include "sample/platform/lua_archive.h"

/* Where the fields lie, in bytes: in a lua_State the hook, its mask, its count
 * and what is left of the count; in a CallInfo the mark. */
static struct {
    size_t hook, mask, count, left, mark;
} fields;
static bool is_known;

static void put_int(void *base, size_t offset, int value)
{
    *(volatile int *)((char *)base + offset) = value;
}

void hook_fields_arm(lua_State *L, lua_Hook hook, int mask, int count)
{
    lua_Debug ar;
    if (!is_known) {
        archive_lua_sethook(L, hook, mask, count);
        return;
    }
    *(volatile lua_Hook *)((char *)L + fields.hook) = hook;
    put_int(L, fields.count, count);
    put_int(L, fields.left, count);
    put_int(L, fields.mask, mask);
    if (lua_getstack(L, 0, &ar) && ar.i_ci && call_info_is_lua(ar.i_ci))
        put_int((void *)ar.i_ci, fields.mark, 1);
}

/* The self-test sets hooks with different values, and looks for the words that
 * have just these values each time. */

enum { STATE_BYTES = 200, FRAME_BYTES = 64, N_ROUNDS = 3, NOT_FOUND = -1 };

static void no_hook(lua_State *L, lua_Debug *ar)
{
    (void)L;
    (void)ar;
}

static void other_hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_gc(L, LUA_GCCOUNT);
}

static const struct {
    lua_Hook hook;
    int mask, count;
} rounds[N_ROUNDS] = {{no_hook, LUA_MASKCOUNT, 0x1234567},
                      {other_hook, LUA_MASKCOUNT | LUA_MASKRET, 0x7654321},
                      {no_hook, LUA_MASKCOUNT | LUA_MASKCALL, 0x1357924}};

/* What the state and the frame held in each round. */
struct images {
    unsigned char state[N_ROUNDS][STATE_BYTES];
    unsigned char frame[N_ROUNDS + 1][FRAME_BYTES]; /* the last: no hook */
};

/* Takes the images, with the calling Lua function as the frame. */
static int take_images(lua_State *L)
{
    struct images *images = lua_touserdata(L, lua_upvalueindex(1));
    lua_Debug ar;
    lua_getstack(L, 1, &ar);
    memcpy(images->frame[N_ROUNDS], ar.i_ci, FRAME_BYTES);
    for (int i = 0; i < N_ROUNDS; i++) {
        archive_lua_sethook(L, rounds[i].hook, rounds[i].mask, rounds[i].count);
        memcpy(images->state[i], L, STATE_BYTES);
        memcpy(images->frame[i], ar.i_ci, FRAME_BYTES);
    }
    archive_lua_sethook(L, NULL, 0, 0);
    return 0;
}

static int int_at(const unsigned char *image, size_t offset)
{
    int value;
    memcpy(&value, image + offset, sizeof value);
    return value;
}

/* Returns the first offset from `first` on at which the images have the mask,
 * or the count; NOT_FOUND if there is none. */
static int find_int(const struct images *images, size_t first, bool is_mask)
{
    for (size_t at = first; at + sizeof(int) <= STATE_BYTES;
         at += sizeof(int)) {
        int i = 0;
        while (i < N_ROUNDS && int_at(images->state[i], at) ==
                                   (is_mask ? rounds[i].mask : rounds[i].count))
            i++;
        if (i == N_ROUNDS)
            return (int)at;
    }
    return NOT_FOUND;
}

static int find_hook(const struct images *images)
{
    for (size_t at = 0; at + sizeof(lua_Hook) <= STATE_BYTES;
         at += sizeof(lua_Hook)) {
        int i = 0;
        while (i < N_ROUNDS && memcmp(images->state[i] + at, &rounds[i].hook,
                                      sizeof(lua_Hook)) == 0)
            i++;
        if (i == N_ROUNDS)
            return (int)at;
    }
    return NOT_FOUND;
}

/* Returns the offset of the only word of the frame that the hook has set to 1,
 * or NOT_FOUND. */
static int find_mark(const struct images *images)
{
    int found = NOT_FOUND;
    for (size_t at = 0; at < FRAME_BYTES; at += sizeof(int)) {
        bool is_mark = int_at(images->frame[N_ROUNDS], at) == 0;
        for (int i = 0; i < N_ROUNDS; i++)
            is_mark = is_mark && int_at(images->frame[i], at) == 1;
        if (is_mark && found != NOT_FOUND)
            return NOT_FOUND;
        if (is_mark)
            found = (int)at;
    }
    return found;
}

static bool find_fields(const struct images *images)
{
    int hook = find_hook(images), mask = find_int(images, 0, true);
    int count = find_int(images, 0, false), mark = find_mark(images);
    int left = count == NOT_FOUND
                   ? NOT_FOUND
                   : find_int(images, (size_t)count + sizeof(int), false);
    if (hook < 0 || mask < 0 || left < 0 || mark < 0)
        return false;
    fields.hook = (size_t)hook;
    fields.mask = (size_t)mask;
    fields.count = (size_t)count;
    fields.left = (size_t)left;
    fields.mark = (size_t)mark;
    return true;
}

bool hook_fields_self_test(void)
{
    lua_State *L = call_info_is_readable() ? luaL_newstate() : NULL;
    if (!L)
        return false;
    struct images images = {0};
    lua_pushlightuserdata(L, &images);
    lua_pushcclosure(L, take_images, 1);
    lua_setglobal(L, "take");
    is_known =
        luaL_dostring(L, "take() local x") == LUA_OK && find_fields(&images);
    lua_close(L);
    return is_known;
}
