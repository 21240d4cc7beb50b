/* small_stacks.c: a C module for guest_spec.lua that computes on small stacks
 * of its own, and on foreign alternate signal stacks. */
#define _GNU_SOURCE
#include <lauxlib.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

/* The memory around and within a stack that nobody may write to: a thread's
 * work here needs less than WORK_BYTES of stack. */
enum { PATTERN = 0x5a, AROUND_BYTES = 16 << 10, WORK_BYTES = 1536 };

static ucontext_t outside, inside;
static double seconds;
static lua_State *state;

static double cpu_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

__attribute__((noinline)) static void compute_on_stack(void)
{
    volatile unsigned x = 1;
    double end = cpu_time() + seconds;
    while (cpu_time() < end)
        for (int i = 0; i < 1000; i++)
            x = x * 7 + 1;
}

static size_t count_changed(const unsigned char *from, size_t n)
{
    size_t changed = 0;
    for (size_t i = 0; i < n; i++)
        changed += from[i] != PATTERN;
    return changed;
}

/* compute(bytes, seconds): computes on a stack of so many bytes. Returns the
 * number of bytes that were written to below the part that the work needs. */
static int compute(lua_State *L)
{
    size_t size = (size_t)luaL_checkinteger(L, 1);
    seconds = luaL_checknumber(L, 2);
    unsigned char *memory = malloc(AROUND_BYTES + size);
    memset(memory, PATTERN, AROUND_BYTES + size);
    getcontext(&inside);
    inside.uc_stack.ss_sp = memory + AROUND_BYTES;
    inside.uc_stack.ss_size = size;
    inside.uc_link = &outside;
    makecontext(&inside, compute_on_stack, 0);
    swapcontext(&outside, &inside);
    lua_pushinteger(L, (lua_Integer)count_changed(memory, AROUND_BYTES + size -
                                                              WORK_BYTES));
    free(memory);
    return 1;
}

static void call_on_stack(void) { lua_call(state, 0, 0); }

/* call(bytes, f): calls f on a stack of so many bytes. Returns the number of
 * bytes that were written to below the stack. */
static int call(lua_State *L)
{
    size_t size = (size_t)luaL_checkinteger(L, 1);
    unsigned char *memory = malloc(AROUND_BYTES + size);
    memset(memory, PATTERN, AROUND_BYTES + size);
    state = L;
    lua_settop(L, 2);
    getcontext(&inside);
    inside.uc_stack.ss_sp = memory + AROUND_BYTES;
    inside.uc_stack.ss_size = size;
    inside.uc_link = &outside;
    makecontext(&inside, call_on_stack, 0);
    swapcontext(&outside, &inside);
    lua_pushinteger(L, (lua_Integer)count_changed(memory, AROUND_BYTES));
    free(memory);
    return 1;
}

/* with_signal_stack(bytes, f): calls f while the thread has an alternate signal
 * stack of so many bytes; 0: none. Returns the number of bytes that were
 * written to below it. */
static int with_signal_stack(lua_State *L)
{
    size_t size = (size_t)luaL_checkinteger(L, 1);
    unsigned char *memory = malloc(AROUND_BYTES + size);
    memset(memory, PATTERN, AROUND_BYTES + size);
    stack_t old, new = {.ss_sp = memory + AROUND_BYTES, .ss_size = size};
    if (size == 0)
        new = (stack_t){.ss_flags = SS_DISABLE};
    lua_settop(L, 2);
    if (sigaltstack(&new, &old) != 0)
        return luaL_error(L, "no alternate stack");
    lua_call(L, 0, 0);
    sigaltstack(&old, NULL);
    lua_pushinteger(L, (lua_Integer)count_changed(memory, AROUND_BYTES));
    free(memory);
    return 1;
}

/* signal_stack(): returns the size of the thread's alternate stack, or 0. */
static int signal_stack(lua_State *L)
{
    stack_t now;
    sigaltstack(NULL, &now);
    lua_pushinteger(L,
                    now.ss_flags & SS_DISABLE ? 0 : (lua_Integer)now.ss_size);
    return 1;
}

int luaopen_small_stacks(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"compute", compute},
        {"call", call},
        {"with_signal_stack", with_signal_stack},
        {"signal_stack", signal_stack},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
    return 1;
}
