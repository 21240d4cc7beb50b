#include "sample/platform/call_info.h"

#include <lauxlib.h>
#include <stdint.h>

/* The parts that are read here of Lua's CallInfo, with the value that it points
 * to, and of a C closure. */
struct value {
    union {
        lua_CFunction light;
        const struct c_closure *closure;
    };
    unsigned char tag;
};

struct call_info {
    const struct value *function;
    void *top;
    const struct call_info *previous, *next;
    unsigned char between[28];
    short n_results;
    unsigned short status;
};

struct c_closure {
    void *next;
    unsigned char tag, mark;
    unsigned char n_upvalues;
    void *gray;
    lua_CFunction function;
};

enum {
    STATUS_IS_C = 1 << 1,
    TAG_LIGHT = LUA_TFUNCTION | 1 << 4,
    OBJECT_CLOSURE = LUA_TFUNCTION | 2 << 4,
    TAG_CLOSURE = 0x40 | OBJECT_CLOSURE,
};

/* The memory that is read may be no object of Lua's at all. */
#define NO_SANITIZE __attribute__((no_sanitize("address", "undefined")))

/* Where a lua_State holds the record that stands before the outermost frame; 0:
 * not known. */
static uintptr_t base_offset;

bool call_info_is_readable(void) { return base_offset != 0; }

static const struct call_info *base_of(const lua_State *L)
{
    return (const void *)((uintptr_t)L + base_offset);
}

const void *call_info_outer(const lua_State *L, const void *ci)
{
    const struct call_info *previous = ((const struct call_info *)ci)->previous;
    return previous == base_of(L) ? NULL : previous;
}

const void *call_info_inner(lua_State *L, const void *ci)
{
    lua_Debug innermost;
    bool is_last =
        !lua_getstack(L, 0, &innermost) || (const void *)innermost.i_ci == ci;
    return is_last ? NULL : ((const struct call_info *)ci)->next;
}

const void *call_info_outermost(lua_State *L)
{
    return base_offset ? call_info_inner(L, base_of(L)) : NULL;
}

bool call_info_is_lua(const void *ci)
{
    return !(((const struct call_info *)ci)->status & STATUS_IS_C);
}

NO_SANITIZE lua_CFunction call_info_c_function(const void *ci)
{
    const struct value *value = ((const struct call_info *)ci)->function;
    if (value->tag == TAG_LIGHT)
        return value->light;
    const struct c_closure *closure = value->closure;
    bool is_closure = value->tag == TAG_CLOSURE &&
                      (uintptr_t)closure % sizeof(void *) == 0 &&
                      closure->tag == OBJECT_CLOSURE;
    return is_closure ? closure->function : NULL;
}

/* The self-test: on two coroutines a C function calls a Lua function, which
 * calls the C function below. */

/* Returns true if the records of L's three frames are linked as assumed, with
 * the kinds of the frames and this function as the innermost. */
static bool check_frames(lua_State *L, lua_CFunction innermost)
{
    const struct call_info *ci[3];
    for (int level = 0; level < 3; level++) {
        lua_Debug ar;
        if (!lua_getstack(L, level, &ar))
            return false;
        ci[level] = (const void *)ar.i_ci;
    }
    for (int i = 0; i < 2; i++)
        if (ci[i]->previous != ci[i + 1] || ci[i + 1]->next != ci[i])
            return false;
    uintptr_t offset = (uintptr_t)ci[2]->previous - (uintptr_t)L;
    if (base_offset != 0 && offset != base_offset)
        return false;
    base_offset = offset;
    return offset < 1024 && base_of(L)->next == ci[2] &&
           !call_info_is_lua(ci[0]) && call_info_is_lua(ci[1]) &&
           !call_info_is_lua(ci[2]) && call_info_c_function(ci[0]) == innermost;
}

static int check(lua_State *L)
{
    lua_pushboolean(L, check_frames(L, check));
    return 1;
}

static int call_argument(lua_State *L)
{
    lua_call(L, 0, 1);
    return 1;
}

/* Runs the test on L, with a closure of this many upvalues. */
static bool test_on(lua_State *L, int n_upvalues)
{
    lua_pushcfunction(L, call_argument);
    bool passed = luaL_loadstring(L, "local r = check() return r") == LUA_OK;
    for (int i = 0; i < n_upvalues; i++)
        lua_pushinteger(L, i);
    lua_pushcclosure(L, check, n_upvalues);
    lua_setglobal(L, "check");
    passed = passed && lua_pcall(L, 1, 1, 0) == LUA_OK && lua_toboolean(L, -1);
    lua_settop(L, 0);
    return passed;
}

bool call_info_self_test(void)
{
    lua_State *L = luaL_newstate();
    lua_State *coroutine = L ? lua_newthread(L) : NULL;
    bool passed = coroutine && test_on(coroutine, 0) && test_on(coroutine, 2);
    if (passed) {
        luaL_ref(L, LUA_REGISTRYINDEX); /* keeps the coroutine */
        passed = test_on(L, 0) && test_on(L, 2);
    }
    if (!passed)
        base_offset = 0;
    if (L)
        lua_close(L);
    return passed;
}
