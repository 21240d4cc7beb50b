/* profile_cost.c -- what one CPU sample costs, in nanoseconds, where it is
 * spent: in the signal handler, at the safe point, in the collector.
 *
 * A Lua stack of DEPTH functions calls a C function that sends its own thread
 * the profiling signal, N times over: the handler runs before the call
 * returns, the safe point when the C function does. The same loop with a
 * handler that does nothing is the baseline. Prints one line:
 *
 *   handler_ns safepoint_ns collector_ns
 */
#include <lauxlib.h>
#include <lua.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "profile/profile.h"
#include "modules/modules.h"
#include "sample/session/collector.h"
#include "sample/session/sampler.h"
#include "sample/walk/attach.h"
#include "sample/walk/cpu.h"
#include "sample/walk/thread.h"
#include "sample/session/session.h"
#include "script/call.h"
#include "script/state.h"

enum { N = 20000, BATCH = 200 };

static int64_t in_handler_ns; /* from before the signal to after its handler */

/* Asks its own thread for a sample, as the sampling thread does. */
static int tick(lua_State *L)
{
    int64_t start = clock_thread_ns();
    atomic_store(&thread_self->asked_ns, CPU_ASK_ANY_TIME);
    pthread_kill(pthread_self(), SIGPROF);
    in_handler_ns += clock_thread_ns() - start;
    (void)L;
    return 0;
}

static void do_nothing(int number) { (void)number; }

static const char script[] =
    "local tick, n, depth = ...\n"
    "local function leaf() tick() end\n"
    "local function nest(d)\n"
    "  if d == 0 then for _ = 1, n do leaf() end return 0 end\n"
    "  return 1 + nest(d - 1)\n"
    "end\n"
    "nest(depth)\n";

static void run(lua_State *L, int n)
{
    struct err err = {0};
    lua_pushvalue(L, 1);
    lua_pushcfunction(L, tick);
    lua_pushinteger(L, n);
    lua_pushinteger(L, 10);
    if (!script_call(L, 3, 0, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

struct cost {
    double total_ns, handler_ns; /* per signal */
};

/* In batches that fit a ring, with time for the collector in between. */
static struct cost measure(lua_State *L)
{
    static const struct timespec pause = {.tv_nsec = 60000000};
    int64_t total_ns = 0;
    in_handler_ns = 0;
    for (int i = 0; i < N / BATCH; i++) {
        int64_t start = clock_thread_ns();
        run(L, BATCH);
        total_ns += clock_thread_ns() - start;
        nanosleep(&pause, NULL);
    }
    return (struct cost){(double)total_ns / N, (double)in_handler_ns / N};
}

int main(void)
{
    struct err err = {0};
    if (!sampler_init(&err) || !attach_thread(NULL, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    lua_State *L = script_state_new(NULL, modules_for_scripts, &err);
    if (!L || luaL_loadstring(L, script) != LUA_OK) {
        fprintf(stderr, "%s\n", L ? lua_tostring(L, -1) : err.message);
        return 1;
    }
    struct sigaction nothing = {.sa_handler = do_nothing}, sampling;
    sigaction(SIGPROF, &nothing, &sampling);
    measure(L);
    struct cost without = measure(L);
    sigaction(SIGPROF, &sampling, NULL);

    struct session_options options = {.rate_hz = 1};
    struct session *session = session_open(&options, &err);
    measure(L);
    uint64_t n_before, n_after;
    int64_t cpu_before, cpu_after;
    collector_cost(&n_before, &cpu_before);
    struct cost with = measure(L);
    collector_cost(&n_after, &cpu_after);
    session_abort(session);
    script_state_free(L);

    double handler = with.handler_ns - without.handler_ns;
    double total = with.total_ns - without.total_ns;
    printf("%.0f %.0f %.0f\n", handler, total - handler,
           (double)(cpu_after - cpu_before) / (double)(n_after - n_before));
    return 0;
}
