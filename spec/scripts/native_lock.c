/* native_lock.c: a C module for native_lock_spec.lua and run_spec.lua, with a
 * pthread mutex that is held, and waited for, for known times. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <lauxlib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
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

static pthread_barrier_t turn;
static pid_t caller, other; /* thread ids */

/* Waits until the thread, which is about to lock the mutex, sleeps; then lets
 * it wait for 50 ms. */
static void keep_waiting(pid_t tid)
{
    struct timespec pause = {.tv_nsec = 50000000};
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
    while (state != 'S') {
        FILE *file = fopen(path, "r");
        if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
            abort();
        fclose(file);
    }
    while (nanosleep(&pause, &pause) != 0)
        ; /* a signal of the sampler */
}

static void *hold_then_wait(void *arg)
{
    other = gettid();
    pthread_mutex_lock(&mutex);
    pthread_barrier_wait(&turn);
    keep_waiting(caller);
    pthread_mutex_unlock(&mutex);
    pthread_barrier_wait(&turn);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return arg;
}

/* take_turns(): waits for a thread of its own that holds the mutex, then holds
 * it while that thread waits, each for 50 ms at least. Returns how many seconds
 * it waited. */
static int take_turns(lua_State *L)
{
    pthread_t thread;
    caller = gettid();
    pthread_barrier_init(&turn, NULL, 2);
    if (pthread_create(&thread, NULL, hold_then_wait, NULL) != 0)
        return luaL_error(L, "cannot start a thread");
    pthread_barrier_wait(&turn);
    double start = now();
    pthread_mutex_lock(&mutex);
    lua_pushnumber(L, now() - start);
    pthread_barrier_wait(&turn);
    keep_waiting(other);
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    return 1;
}

int luaopen_native_lock(lua_State *L)
{
    static const luaL_Reg functions[] = {{"hold", hold},
                                         {"take_turns", take_turns},
                                         {"wait", wait},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
