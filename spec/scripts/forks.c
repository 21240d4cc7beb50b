/* forks.c: a C module for fork_spec.lua, with the system calls of processes and
 * signals. */
#define _GNU_SOURCE
#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int forks_fork(lua_State *L)
{
    lua_pushinteger(L, fork());
    return 1;
}

/* A fork of which the C library and the program learn nothing. */
static int forks_bare_fork(lua_State *L)
{
    lua_pushinteger(L, syscall(SYS_fork));
    return 1;
}

/* vfork_exec(path, argument): returns the pid. */
static int forks_vfork_exec(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    const char *argument = luaL_optstring(L, 2, NULL);
    pid_t pid = vfork();
    if (pid == 0) {
        execl(path, path, argument, (char *)NULL);
        _exit(127);
    }
    lua_pushinteger(L, pid);
    return 1;
}

/* wait(pid, seconds): returns "exit" or "signal" and the number; "running" if
 * the child has not ended in time. */
static int forks_wait(lua_State *L)
{
    pid_t pid = (pid_t)luaL_checkinteger(L, 1);
    double seconds = luaL_checknumber(L, 2);
    const struct timespec pause = {.tv_nsec = 5000000};
    int status;
    for (int i = 0; i < seconds * 200; i++) {
        if (waitpid(pid, &status, WNOHANG) == pid) {
            lua_pushstring(L, WIFEXITED(status) ? "exit" : "signal");
            lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status)
                                                 : WTERMSIG(status));
            return 2;
        }
        nanosleep(&pause, NULL);
    }
    lua_pushstring(L, "running");
    return 1;
}

static int forks_kill(lua_State *L)
{
    pid_t pid = (pid_t)luaL_checkinteger(L, 1);
    lua_pushboolean(L, kill(pid, (int)luaL_checkinteger(L, 2)) == 0);
    return 1;
}

static int forks_getpid(lua_State *L)
{
    lua_pushinteger(L, getpid());
    return 1;
}

/* sleep(seconds): sleeps on when a signal interrupts it. */
static int forks_sleep(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    struct timespec left = {(time_t)seconds,
                            (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
    return 0;
}

static int forks_exit_now(lua_State *L) { _exit((int)luaL_checkinteger(L, 1)); }

/* handled(): the numbers of the signals whose disposition is not the default,
 * with spaces between. */
static int forks_handled(lua_State *L)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 1; i < NSIG; i++) {
        struct sigaction now;
        if (sigaction(i, NULL, &now) == 0 && now.sa_handler != SIG_DFL) {
            lua_pushfstring(L, "%d ", i);
            luaL_addvalue(&b);
        }
    }
    luaL_pushresult(&b);
    return 1;
}

int luaopen_forks(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"fork", forks_fork},
        {"bare_fork", forks_bare_fork},
        {"vfork_exec", forks_vfork_exec},
        {"wait", forks_wait},
        {"kill", forks_kill},
        {"getpid", forks_getpid},
        {"sleep", forks_sleep},
        {"exit_now", forks_exit_now},
        {"handled", forks_handled},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
    return 1;
}
