#include "load/overrun.h"

#include <lauxlib.h>
#include <lua.h>
#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "base/fork.h"
#include "base/log.h"
#include "base/signals.h"
#include "load/generator.h"
#include "load/scenario.h"
#include "load/vu.h"

#define OVERRUN_SIGNAL SIGUSR1 /* SIGPROF is the sampler's */
#define SIGNALS 9              /* about a second at ten signals a second */

static _Thread_local struct generator *volatile self;

static void warn_of_overrun(struct generator *generator, const struct vu *vu)
{
    if (generator->overrun.warned)
        return;
    generator->overrun.warned = true;
    log_write(LOG_WARN, "vu_computes",
              LOG_FIELDS(log_integer("vu", vu->number),
                         log_integer("iteration", vu->iteration),
                         log_text("note", "its function has run for a second "
                                          "without a wait: the other virtual "
                                          "users of its thread cannot go on")));
}

static bool is_past_deadline(const struct vu *vu)
{
    return clock_mono_ns() >= generator_deadline_ns(vu->run);
}

/* Ends the function at the next instruction. A yield leaves it at once. Where
 * Lua cannot yield, because a C function is between, the hook raises an error
 * at every instruction, so that no pcall of the script can save the function.
 */
static void overrun_on_hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct generator *generator = self;
    struct vu *vu = fork_depth == 0 ? generator->current : NULL;
    if (vu && generator->overrun.n_same >= SIGNALS)
        warn_of_overrun(generator, vu);
    if (!vu || !is_past_deadline(vu)) {
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    generator->overrun.taken = vu;
    if (lua_isyieldable(L))
        lua_yield(L, 0);
    else
        luaL_error(L, "interrupted");
}

/* The handler counts signals instead of measuring time: while the whole program
 * was stopped, no signal came. The loop may also stand still because thousands
 * of functions begin one after another. They end when the deadline has passed,
 * but no warning is written, because no single function is the cause. */
static void overrun_on_signal(int number)
{
    (void)number;
    struct generator *generator = self;
    struct vu *vu = generator ? generator->current : NULL;
    if (!vu)
        return;
    struct overrun *overrun = &generator->overrun;
    if (overrun->n_resumed != overrun->seen_resumed) {
        overrun->seen_resumed = overrun->n_resumed;
        overrun->n_same = 0;
    } else {
        overrun->n_same++;
    }
    if (overrun->n_same >= SIGNALS || is_past_deadline(vu))
        lua_sethook(vu->co, overrun_on_hook, LUA_MASKCOUNT, 1);
}

void overrun_init(void)
{
    struct sigaction action = {.sa_handler = overrun_on_signal,
                               .sa_flags = SA_RESTART | SA_ONSTACK};
    signals_take(OVERRUN_SIGNAL, &action, NULL);
}

void overrun_enter(struct generator *generator) { self = generator; }

void overrun_check(struct generator *generator, int64_t as_of_ns)
{
    struct overrun *overrun = &generator->overrun;
    if (!generator->L || as_of_ns != overrun->seen_ns) {
        overrun->seen_ns = as_of_ns;
        overrun->n_unchanged = 0;
    } else if (++overrun->n_unchanged > 1) {
        pthread_kill(generator->thread, OVERRUN_SIGNAL);
    }
}

bool overrun_take(struct vu *vu)
{
    struct generator *generator = vu->generator;
    if (generator->overrun.taken != vu)
        return false;
    generator->overrun.taken = NULL;
    lua_sethook(vu->co, NULL, 0, 0);
    scenario_stop(vu->run, 0);
    return true;
}
