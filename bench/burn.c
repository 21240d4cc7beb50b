/* burn.c -- a C module for measurements: CPU time of a known amount in C
 * functions, and probes by which slowdown.sh slows a Lua function down.
 *
 * Probes read no clock. On a machine without an idle CPU, Linux preempts a
 * thread that reads its CPU clock there, once its slice is over, so that
 * samples pile up at the reading. A probe counts the rounds that it burns;
 * slow.lua knows what a round takes. */
#include <errno.h>
#include <lauxlib.h>
#include <stdint.h>
#include <time.h>

#define MAX_PROBES 100

/* A probe burns once in `every` calls on average, so that a burn is long
 * against the call where the function is short. */
struct probe {
    lua_Integer every;    /* 0: never */
    lua_Integer rounds;   /* of a burn */
    lua_Integer distance; /* calls until the next burn */
    lua_Integer calls;
    lua_Integer burnt; /* rounds */
};

static struct probe probes[MAX_PROBES];
static uint64_t seed = 88172645463325252u;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static __attribute__((noinline)) uint64_t burn_loop(uint64_t rounds)
{
    uint64_t x = rounds;
    for (; rounds > 0; rounds--)
        x = x * 6364136223846793005u + 1442695040888963407u;
    return x;
}

static double burn(lua_Integer rounds)
{
    double begin = now();
    volatile uint64_t result = burn_loop((uint64_t)rounds);
    (void)result;
    return now() - begin;
}

/* Xorshift, after Marsaglia. */
static uint64_t random_number(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* spend(rounds) -> CPU seconds */
static int spend(lua_State *L)
{
    lua_pushnumber(L, burn(luaL_checkinteger(L, 1)));
    return 1;
}

/* The same under another name, for profiles: the compiler must not make one
 * function of both. */
static __attribute__((noipa)) int spend_more(lua_State *L)
{
    lua_pushnumber(L, burn(luaL_checkinteger(L, 1)));
    return 1;
}

/* sleep(seconds): until then no CPU time passes. */
static int sleep_for(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec +
                  (uint64_t)(seconds * 1e9);
    t.tv_sec = (time_t)(ns / 1000000000u);
    t.tv_nsec = (long)(ns % 1000000000u);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
    return 0;
}

/* call(f, ...): calls f from C, without a protected call. */
static int call(lua_State *L)
{
    lua_call(L, lua_gettop(L) - 1, 0);
    return 0;
}

/* Distances between 1 and 2 * every - 1, so that burns do not keep step with
 * the program. */
static lua_Integer next_distance(lua_Integer every)
{
    return 1 + (lua_Integer)(random_number() % (uint64_t)(2 * every - 1));
}

static int probe_call(lua_State *L)
{
    struct probe *probe = lua_touserdata(L, lua_upvalueindex(1));
    probe->calls++;
    if (probe->every == 0 || --probe->distance > 0)
        return 0;
    probe->distance = next_distance(probe->every);
    volatile uint64_t result = burn_loop((uint64_t)probe->rounds);
    (void)result;
    probe->burnt += probe->rounds;
    return 0;
}

static struct probe *check_probe(lua_State *L)
{
    lua_Integer i = luaL_checkinteger(L, 1);
    luaL_argcheck(L, i >= 1 && i <= MAX_PROBES, 1, "no such probe");
    return &probes[i - 1];
}

/* probe(i) -> a function that is called at the begin of the i-th function */
static int probe_new(lua_State *L)
{
    lua_pushlightuserdata(L, check_probe(L));
    lua_pushcclosure(L, probe_call, 1);
    return 1;
}

/* set(i, every, rounds): what the probe burns from now on */
static int probe_set(lua_State *L)
{
    struct probe *probe = check_probe(L);
    lua_Integer every = luaL_checkinteger(L, 2);
    luaL_argcheck(L, every >= 0, 2, "must not be negative");
    probe->every = every;
    probe->rounds = luaL_checkinteger(L, 3);
    probe->distance = every > 0 ? next_distance(every) : 0;
    return 0;
}

/* read(i) -> rounds that the probe has burnt, and its calls */
static int probe_read(lua_State *L)
{
    struct probe *probe = check_probe(L);
    lua_pushinteger(L, probe->burnt);
    lua_pushinteger(L, probe->calls);
    return 2;
}

int luaopen_burn(lua_State *L);
int luaopen_burn(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"spend", spend},     {"spend_more", spend_more},
        {"call", call},       {"sleep", sleep_for},
        {"probe", probe_new}, {"set", probe_set},
        {"read", probe_read}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
