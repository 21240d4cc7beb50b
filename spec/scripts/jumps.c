/* jumps.c: a C module for guest_spec.lua that leaves coroutines by longjmp,
 * over lua_resume and everything else that runs there. */
#include <lauxlib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { MAX_ESCAPES = 16, STACK_BYTES = 256 << 10 };

static jmp_buf places[MAX_ESCAPES];
static int n_places;

/* escape(f): resumes a new coroutine with f. Returns "jumped" if f has called
 * jump, and nothing otherwise. The coroutine is garbage afterwards. */
static int escape(lua_State *L)
{
    volatile int mine = n_places;
    lua_State *co = lua_newthread(L);
    int n;
    if (mine == MAX_ESCAPES)
        return luaL_error(L, "too many escapes");
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_replace(L, 1); /* nothing else holds the coroutine */
    if (setjmp(places[n_places++]) == 0) {
        lua_resume(co, L, 0, &n);
        n_places = mine;
        return 0;
    }
    n_places = mine;
    lua_settop(L, 0);
    lua_pushstring(L, "jumped");
    return 1;
}

/* jump(n): goes back to the n-th escape from the inside, 1 unless given. */
static int jump(lua_State *L)
{
    int n = (int)luaL_optinteger(L, 1, 1);
    luaL_argcheck(L, n >= 1 && n <= n_places, 1, "not so many escapes");
    longjmp(places[n_places - n], 1);
}

/* scribble(): overwrites the C stack below the caller. */
static int scribble(lua_State *L)
{
    volatile char bytes[16384];
    memset((char *)bytes, 0x41, sizeof bytes);
    lua_pushinteger(L, bytes[100]);
    return 1;
}

static ucontext_t outside, inside;
static lua_State *state;

static void call_on_stack(void) { lua_call(state, 0, 0); }

/* abandon(f): calls f in a new coroutine, on a C stack of its own. When f calls
 * leave, the stack and the coroutine are given up. */
static int abandon(lua_State *L)
{
    char *memory = malloc(STACK_BYTES);
    state = L;
    lua_settop(L, 1);
    getcontext(&inside);
    inside.uc_stack.ss_sp = memory;
    inside.uc_stack.ss_size = STACK_BYTES;
    inside.uc_link = &outside;
    makecontext(&inside, call_on_stack, 0);
    swapcontext(&outside, &inside);
    memset(memory, 0x41, STACK_BYTES);
    free(memory);
    return 0;
}

static int leave(lua_State *L)
{
    (void)L;
    setcontext(&outside);
    return 0;
}

int luaopen_jumps(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"escape", escape},   {"jump", jump},   {"scribble", scribble},
        {"abandon", abandon}, {"leave", leave}, {NULL, NULL},
    };
    luaL_newlib(L, functions);
    return 1;
}
