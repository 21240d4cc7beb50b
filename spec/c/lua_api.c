/* lua_api.c -- what the functions of Lua's API that the sampler stands in for
 * must bear: a script that closes the state it runs in.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sample/session/sampler.h"
#include "sample/walk/attach.h"
#include "sample/session/session.h"
#include "script/call.h"

static const int64_t WORK_NS = 100000000;

static _Alignas(16) char arena[4 * 1024 * 1024];
static size_t used;

/* What is freed is overwritten, and never used again. */
static void *poison(void *ud, void *ptr, size_t osize, size_t nsize)
{
    (void)ud;
    if (nsize > sizeof arena - used)
        return NULL;
    void *block = nsize ? arena + used : NULL;
    used += (nsize + 15) / 16 * 16;
    if (ptr && block)
        memcpy(block, ptr, osize < nsize ? osize : nsize);
    if (ptr)
        memset(ptr, 0xdf, osize);
    return block;
}

/* At the process's end: long enough for some samples. */
static void work(void)
{
    int64_t end = clock_thread_ns() + WORK_NS;
    while (clock_thread_ns() < end)
        ;
}

static void run_sampled(const char *script)
{
    struct err err = {0};
    struct session_options options = {.rate_hz = 1000};
    lua_State *L = lua_newstate(poison, NULL);
    if (!L || !sampler_init(&err) || !attach_thread(NULL, &err) ||
        !session_open(&options, &err))
        _exit(1);
    atexit(work);
    luaL_openlibs(L);
    if (luaL_loadstring(L, script) == LUA_OK)
        script_call(L, 0, 0, &err);
    _exit(1);
}

static void assert_exits_with(int code, const char *script)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        run_sampled(script);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static void exit_closes_its_state(void **state)
{
    (void)state;
    assert_exits_with(7, "os.exit(7, true)");
    assert_exits_with(7, "coroutine.wrap(function()"
                         "  coroutine.wrap(function() os.exit(7, true) end)()"
                         "end)()");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_closes_its_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
