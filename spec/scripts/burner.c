/* burner.c: a C module for symbols_spec.lua, whose functions compute for a
 * given CPU time. The lines with comments are those that the spec expects. */
#include <lauxlib.h>
#include <time.h>

static volatile unsigned sink;

static double cpu_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline __attribute__((always_inline)) void spin_inlined(void)
{
    for (unsigned i = 0; i < 200000; i++)
        sink = sink * 1664525 + 1013904223; /* inlined */
}

static __attribute__((noinline)) void spin_called(void)
{
    for (unsigned i = 0; i < 200000; i++)
        sink = sink * 1664525 + 1013904223; /* called */
}

/* burn(seconds): half of the time in each of the two functions */
static int burn(lua_State *L)
{
    double end = cpu_time() + luaL_checknumber(L, 1);
    while (cpu_time() < end) {
        spin_inlined(); /* place of the inlined call */
        spin_called();  /* place of the call */
    }
    return 0;
}

#ifdef WITH_PLAIN
void burn_plain(void); /* in an object without debug information */

static int plain(lua_State *L)
{
    double end = cpu_time() + luaL_checknumber(L, 1);
    while (cpu_time() < end)
        burn_plain();
    return 0;
}
#endif

int luaopen_burner(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"burn_for", burn},
#ifdef WITH_PLAIN
        {"plain", plain},
#endif
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
    return 1;
}
