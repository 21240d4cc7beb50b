/* native_lock.c: a C module with a pthread mutex of its own, for
 * native_lock_spec.lua: held, and waited for, for known times. */
#include <lauxlib.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* hold(seconds): keep the mutex, and the worker, for so long. */
static int hold(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    struct timespec pause = {(time_t)seconds, 0};
    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
    pthread_mutex_lock(&mutex);
    nanosleep(&pause, NULL);
    pthread_mutex_unlock(&mutex);
    return 0;
}

/* wait(): how many seconds it took to get the mutex. */
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
