/* sleeps.c: a C module for sampling_clock_spec.lua: sleeps that tell whether a
 * signal cut them short, and threads of its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <lauxlib.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct timespec timespec_of(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};
    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    return t;
}

/* sleep_until(seconds): sleeps until this time of clock.mono. Returns the
 * number of signals that interrupted the sleep. */
static int sleep_until(lua_State *L)
{
    struct timespec until = timespec_of(luaL_checknumber(L, 1));
    lua_Integer n = 0;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
           EINTR)
        n++;
    lua_pushinteger(L, n);
    return 1;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* These functions sleep once for so many seconds, and return true if no signal
 * cut the sleep short. */

static int sleep_nanosleep(lua_State *L)
{
    struct timespec length = timespec_of(luaL_checknumber(L, 1));
    lua_pushboolean(L, nanosleep(&length, NULL) == 0);
    return 1;
}

/* poll may return EINTR even when its time is over. */
static int sleep_poll(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1), until = now() + seconds;
    int result = poll(NULL, 0, (int)(seconds * 1e3));
    lua_pushboolean(L, result == 0 || now() >= until);
    return 1;
}

static int sleep_usleep(lua_State *L)
{
    lua_pushboolean(L, usleep((useconds_t)(luaL_checknumber(L, 1) * 1e6)) == 0);
    return 1;
}

/* Not static, so that profiles can name it. */
void *burn_cpu(void *seconds)
{
    struct timespec t;
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    while ((double)t.tv_sec + (double)t.tv_nsec / 1e9 < *(double *)seconds);
    return NULL;
}

/* burn_on_thread(seconds): uses so much CPU time on a thread of its own. */
static int burn_on_thread(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    pthread_t thread;
    if (pthread_create(&thread, NULL, burn_cpu, &seconds) != 0)
        return luaL_error(L, "no thread");
    pthread_join(thread, NULL);
    return 0;
}

static const luaL_Reg functions[] = {
    {"burn_on_thread", burn_on_thread}, {"sleep_until", sleep_until},
    {"nanosleep", sleep_nanosleep},     {"poll", sleep_poll},
    {"usleep", sleep_usleep},           {NULL, NULL},
};

int luaopen_sleeps(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
