/* native_lock.c: a C module for native_lock_spec.lua, with a pthread mutex that
 * is held, and waited for, for known times. */
#include <fcntl.h>
#include <lauxlib.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* hold(held, release): keeps the mutex, and the worker, from when it makes the
 * file `held` until the file `release` exists. */
static int hold(lua_State *L)
{
    const char *held = luaL_checkstring(L, 1);
    const char *release = luaL_checkstring(L, 2);
    struct timespec pause = {0, 1000000};
    pthread_mutex_lock(&mutex);
    close(creat(held, 0600));
    while (access(release, F_OK) != 0)
        nanosleep(&pause, NULL);
    pthread_mutex_unlock(&mutex);
    return 0;
}

/* wait(): returns how many seconds it took to get the mutex. */
static int wait(lua_State *L)
{
    double start = now();
    pthread_mutex_lock(&mutex);
    double waited = now() - start;
    pthread_mutex_unlock(&mutex);
    lua_pushnumber(L, waited);
    return 1;
}

int luaopen_native_lock(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"hold", hold}, {"wait", wait}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
