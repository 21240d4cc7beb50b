/* signals.c: a C module for guest_spec.lua that takes SIGPROF for itself. */
#define _GNU_SOURCE
#include <lauxlib.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

static volatile sig_atomic_t n_received;

static void on_signal(int number)
{
    (void)number;
    n_received++;
}

static struct sigaction before;

/* take(how): gives SIGPROF another handler: "sigaction" or "signal"; or
 * "ignore" or "default". */
static int take(lua_State *L)
{
    static const char *const words[] = {"sigaction", "signal", "ignore",
                                        "default", NULL};
    struct sigaction action = {.sa_handler = on_signal};
    int how = luaL_checkoption(L, 1, NULL, words);
    sigaction(SIGPROF, NULL, &before);
    if (how == 0)
        sigaction(SIGPROF, &action, NULL);
    else
        signal(SIGPROF, how == 1 ? on_signal : how == 2 ? SIG_IGN : SIG_DFL);
    return 0;
}

static int give_back(lua_State *L)
{
    sigaction(SIGPROF, &before, NULL);
    lua_pushinteger(L, n_received);
    return 1;
}

/* block(is_blocked): blocks or unblocks SIGPROF in the calling thread. */
static int block(lua_State *L)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    pthread_sigmask(lua_toboolean(L, 1) ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
    return 0;
}

/* set_timer(seconds): a timer that sends SIGPROF; 0 ends it. */
static int set_timer(lua_State *L)
{
    lua_Integer us = (lua_Integer)(luaL_checknumber(L, 1) * 1e6);
    const struct itimerval timer = {.it_interval.tv_usec = us,
                                    .it_value.tv_usec = us};
    setitimer(ITIMER_PROF, &timer, NULL);
    return 0;
}

int luaopen_signals(lua_State *L)
{
    static const luaL_Reg functions[] = {{"take", take},
                                         {"give_back", give_back},
                                         {"block", block},
                                         {"set_timer", set_timer},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
