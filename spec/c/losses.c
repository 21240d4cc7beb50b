/* losses.c -- samples that are lost, or reported with less, are counted, and
 * the counts balance: the samples taken are those reported and those dropped.
 * The thread asks itself for samples, so each case comes when the test wants it.
 * Needs: core
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "profile/profile.h"
#include "record/profile_kind.h"
#include "sample/session/collector.h"
#include "sample/session/sampler.h"
#include "sample/session/session.h"
#include "sample/walk/attach.h"
#include "sample/walk/cpu.h"
#include "sample/walk/sample.h"
#include "sample/walk/thread.h"
#include "script/call.h"

/* Samples that the thread may get beside its own: one a second. */
enum { STRAY = 30 };

static struct session *session;

static void open_session(void)
{
    struct err err = {0};
    session = session_open(&(struct session_options){.rate_hz = 1}, &err);
    assert_non_null(session);
}

static struct profile *close_session(void)
{
    struct err err = {0};
    struct profile *p = profile_kind_empty(&profile_kind_cpu, 0, 0, &err);
    assert_non_null(p);
    assert_true(session_close(session, NULL, p, &err));
    return p;
}

/* Returns the number before `name` in the comment "samples: N taken, ...". */
static int64_t count_of(const struct profile *p, const char *name)
{
    for (uint32_t i = 0; i < profile_n_comments(p); i++) {
        const char *text =
            profile_get_string(p, profile_get_comment(p, i), NULL);
        const char *at = strstr(text, name);
        if (strncmp(text, "samples: ", 9) != 0 || !at)
            continue;
        int64_t n = 0;
        while (at[-1] != ' ' || at[-2] < '0' || at[-2] > '9')
            at--;
        at--;
        for (int64_t unit = 1; at[-1] >= '0' && at[-1] <= '9'; unit *= 10)
            n += unit * (*--at - '0');
        return n;
    }
    return 0;
}

static int64_t n_reported(const struct profile *p)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < profile_n_samples(p); i++)
        n += profile_get_sample(p, i).values[0];
    return n;
}

/* Returns the samples taken that are neither reported nor dropped. */
static int64_t n_missing(const struct profile *p)
{
    return count_of(p, "taken") - n_reported(p) -
           count_of(p, "dropped (ring full)");
}

static void check_balance(const struct profile *p)
{
    assert_int_equal(n_missing(p), 0);
}

/* Ends the session and checks that it has `taken` samples, or some more, of
 * which `n` have the count `name`, or some more. */
static void expect(int64_t taken, int64_t n, const char *name)
{
    struct profile *p = close_session();
    int64_t found = count_of(p, name), all = count_of(p, "taken");
    print_message("%s: %d of %d\n", name, (int)found, (int)all);
    check_balance(p);
    assert_in_range(all, taken, taken + STRAY);
    assert_in_range(found, n, n + STRAY);
    profile_free(p);
}

static void ask(int n)
{
    for (int i = 0; i < n; i++)
        cpu_ask(thread_self, CPU_ASK_ANY_TIME);
}

static int ask_from_lua(lua_State *L)
{
    ask((int)luaL_checkinteger(L, 1));
    return 0;
}

static int ask_and_fail(lua_State *L)
{
    ask(1);
    return luaL_error(L, "failed");
}

/* Runs code as scripts run: the sampler knows of the state. */
static void run_in(lua_State *L, const char *code)
{
    struct err err = {0};
    assert_int_equal(luaL_loadstring(L, code), LUA_OK);
    assert_true(script_call(L, 0, 0, &err));
}

static void run(const char *code)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "ask", ask_from_lua);
    lua_register(L, "fail", ask_and_fail);
    run_in(L, code);
    lua_close(L);
}

static void samples_are_reported(void **state)
{
    (void)state;
    open_session();
    ask(100);
    run("for _ = 1, 50 do ask(2) end");
    expect(200, 200, "taken");
}

static void a_full_ring_drops(void **state)
{
    (void)state;
    open_session();
    pthread_mutex_lock(&collector_lock); /* the collector reads nothing */
    ask(THREAD_RING_SLOTS + 88);
    pthread_mutex_unlock(&collector_lock);
    expect(THREAD_RING_SLOTS + 88, 88, "dropped (ring full)");
}

static void a_busy_thread_defers(void **state)
{
    (void)state;
    open_session();
    for (int i = 0; i < 40; i++) {
        thread_block(thread_self);
        ask(1);
        thread_unblock(thread_self);
    }
    expect(0, 40, "deferred to the next");
}

static void a_late_ask_is_deferred(void **state)
{
    (void)state;
    open_session();
    ask(1); /* no long time without a sample */
    for (int i = 0; i < 40; i++)
        cpu_ask(thread_self, clock_mono_ns() - 1000000000);
    expect(1, 40, "deferred (the thread waited for a CPU)");
}

static void an_error_removes_the_frame(void **state)
{
    (void)state;
    open_session();
    run("local function f() fail() end\n"
        "for _ = 1, 50 do pcall(f) end");
    expect(50, 50, "at the nearest surviving frame");
}

static void deep_lua_stacks_are_truncated(void **state)
{
    (void)state;
    open_session();
    run("local function f(n) if n == 0 then ask(50) return 0 end\n"
        "  return 1 + f(n - 1) end\n"
        "f(1000)");
    expect(50, 50, "with a truncated Lua stack");
}

static __attribute__((noinline)) int ask_below(int n)
{
    if (n == 0)
        ask(50);
    else
        ask_below(n - 1);
    __asm__ volatile("" ::: "memory"); /* no tail call */
    return n;
}

static void deep_native_stacks_are_truncated(void **state)
{
    (void)state;
    open_session();
    ask_below(2 * SAMPLE_MAX_NATIVE);
    expect(50, 50, "with a truncated native stack");
}

/* An allocator that asks for samples while the interpreter concatenates, and
 * once ends the session there: Lua's stack is not at rest then. */
static bool ends_session;
static struct profile *ended;

static void *allocate(void *ctx, void *block, size_t old_size, size_t size)
{
    (void)ctx;
    if (ends_session && !block && size > 5000) {
        ends_session = false;
        ask(50);
        ended = close_session();
    }
    if (size == 0) {
        free(block);
        return NULL;
    }
    (void)old_size;
    return realloc(block, size);
}

static void a_thread_without_safe_point_loses_its_lua_stack(void **state)
{
    (void)state;
    lua_State *L = lua_newstate(allocate, NULL);
    luaL_openlibs(L);
    open_session();
    ends_session = true;
    run_in(L, "local s = ('x'):rep(4000)\n"
              "local t = s .. s\n");
    lua_close(L);
    assert_non_null(ended);
    print_message("without their Lua stack: %d of %d\n",
                  (int)count_of(ended, "without their Lua stack"),
                  (int)count_of(ended, "taken"));
    check_balance(ended);
    assert_in_range(count_of(ended, "taken"), 50, 50 + STRAY);
    assert_in_range(count_of(ended, "without their Lua stack"), 50, 50 + STRAY);
    profile_free(ended);
}

static struct sampler_thread *target;
static atomic_bool stop;

static void *ask_all_the_time(void *arg)
{
    static const struct timespec pause = {.tv_nsec = 50000};
    while (!atomic_load(&stop)) {
        cpu_ask(target, CPU_ASK_ANY_TIME);
        nanosleep(&pause, NULL);
    }
    return arg;
}

/* The place of a tail call cannot be chosen, so samples are taken anywhere,
 * until one has met it. */
static void samples_anywhere_balance(void **state)
{
    (void)state;
    pthread_t asking;
    int64_t n_tail_called = 0, n_taken = 0;
    target = thread_self;
    for (int i = 0; i < 40 && n_tail_called == 0; i++) {
        open_session();
        atomic_store(&stop, false);
        assert_int_equal(pthread_create(&asking, NULL, ask_all_the_time, NULL),
                         0);
        run("local function g(x) return x end\n"
            "local function f(x) x = x * 3 + 1 x = x // 2 return g(x) end\n"
            "for i = 1, 1000000 do f(i) end\n"
            "for i = 1, 10000 do pcall(error, i) end\n"
            "for i = 1, 1000 do coroutine.wrap(function() f(i) end)() end");
        atomic_store(&stop, true);
        pthread_join(asking, NULL);
        struct profile *p = close_session();
        check_balance(p);
        n_taken += count_of(p, "taken");
        n_tail_called += count_of(p, "replaced by a tail call");
        profile_free(p);
    }
    print_message("replaced by a tail call: %d of %d\n", (int)n_tail_called,
                  (int)n_taken);
    assert_true(n_tail_called > 0);
}

/* Samples that are in the handler, or wait for their Lua stack, at the begin or
 * the end of a session may be in one number and not in the other. */
enum { IN_FLIGHT = 2 };

/* Returns the number of sessions whose counts do not balance. */
static void *open_and_close_sessions(void *arg)
{
    intptr_t n_wrong = 0;
    static const struct timespec length = {.tv_nsec = 20000000};
    for (int i = 0; i < 20; i++) {
        open_session();
        nanosleep(&length, NULL);
        struct profile *p = close_session();
        if (llabs(n_missing(p)) > IN_FLIGHT) {
            print_message("%d samples are missing of %d\n", (int)n_missing(p),
                          (int)count_of(p, "taken"));
            n_wrong++;
        }
        profile_free(p);
    }
    (void)arg;
    atomic_store(&stop, true);
    return (void *)n_wrong;
}

/* A session begins and ends between any two instructions of the thread. */
static void sessions_at_any_time_balance(void **state)
{
    (void)state;
    pthread_t asking, opening;
    target = thread_self;
    atomic_store(&stop, false);
    assert_int_equal(pthread_create(&asking, NULL, ask_all_the_time, NULL), 0);
    assert_int_equal(
        pthread_create(&opening, NULL, open_and_close_sessions, NULL), 0);
    while (!atomic_load(&stop))
        run("local function f(x) return (x * 3 + 1) // 2 end\n"
            "for i = 1, 10000 do pcall(f, i) end");
    void *n_wrong;
    pthread_join(opening, &n_wrong);
    pthread_join(asking, NULL);
    assert_null(n_wrong);
}

static int start(void **state)
{
    (void)state;
    struct err err = {0};
    return sampler_init(&err) && attach_thread(NULL, &err) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    detach_thread();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_reported),
        cmocka_unit_test(a_full_ring_drops),
        cmocka_unit_test(a_busy_thread_defers),
        cmocka_unit_test(a_late_ask_is_deferred),
        cmocka_unit_test(an_error_removes_the_frame),
        cmocka_unit_test(deep_lua_stacks_are_truncated),
        cmocka_unit_test(deep_native_stacks_are_truncated),
        cmocka_unit_test(a_thread_without_safe_point_loses_its_lua_stack),
        cmocka_unit_test(samples_anywhere_balance),
        cmocka_unit_test(sessions_at_any_time_balance),
    };
    return cmocka_run_group_tests(tests, start, end);
}
