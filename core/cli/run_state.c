#include "cli/run_state.h"

#include <lauxlib.h>
#include <lua.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>
#include <ucontext.h>

#include "base/clock.h"
#include "base/fork.h"
#include "base/signals.h"
#include "record/gathering.h"
#include "sample/walk/safepoint.h"
#include "sample/walk/thread.h"
#include "script/call.h"
#include "script/observe.h"

#define HOOK_SIGNAL SIGUSR1 /* the sampler has SIGPROF */
#define POLL_NS 5000000
#define POLLS_PER_SIGNAL 10

static lua_State *state;
static pthread_t thread; /* the script's */
static void (*before_close)(void);
static struct gathering *_Atomic question; /* NULL: none */

/* stack: sentinel */
static int on_collected(lua_State *L)
{
    (void)L;
    before_close();
    state = NULL;
    return 0;
}

/* Lua calls finalizers in the reverse order of their making: this one comes
 * last, when the script's own have run.
 * stack: tracks */
static int prepare_state(lua_State *L)
{
    if (lua_toboolean(L, 1))
        observe_track(L);
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, on_collected);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

bool run_state_open(lua_State *L, bool tracks, void (*on_close)(void),
                    struct err *err)
{
    before_close = on_close;
    state = L;
    thread = pthread_self();
    lua_pushcfunction(L, prepare_state);
    lua_pushboolean(L, tracks);
    return script_call(L, 1, 0, err);
}

static void answer_question_from(lua_State *L)
{
    struct gathering *gathering = atomic_exchange(&question, NULL);
    if (!gathering || fork_is_child())
        return;
    if (L)
        gathering_take(gathering, L);
    gathering_answer(gathering);
}

void run_state_answer(void) { answer_question_from(state); }

static void on_question_hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    answer_question_from(L);
}

/* [signal] */
static void arm_hook(int number, siginfo_t *info, void *context)
{
    struct sampler_thread *self = thread_self;
    (void)number;
    (void)info;
    if (!self || self->busy || !atomic_load(&question))
        return; /* the next signal comes soon */
    const ucontext_t *c = context;
    safepoint_settle(self, (uintptr_t)c->uc_mcontext.gregs[REG_RSP]);
    if (self->active)
        lua_sethook(self->active->L, on_question_hook,
                    LUA_MASKCOUNT | LUA_MASKCALL | LUA_MASKRET, 1);
}

static bool wait_for_answer(struct gathering *gathering)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    const struct sigaction action = {.sa_sigaction = arm_hook,
                                     .sa_flags =
                                         SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    int64_t end_ns = clock_mono_ns() + GATHERING_MAX_NS;
    signals_take(HOOK_SIGNAL, &action, NULL);
    for (unsigned i = 0; clock_mono_ns() < end_ns; i++) {
        if (i % POLLS_PER_SIGNAL == 0)
            pthread_kill(thread, HOOK_SIGNAL);
        nanosleep(&pause, NULL);
        if (gathering_is_complete(gathering))
            return true;
    }
    return false;
}

bool run_state_gather(struct gathering *gathering)
{
    if (pthread_equal(pthread_self(), thread)) {
        if (state)
            gathering_take(gathering, state);
        return true;
    }
    gathering_ask(gathering);
    atomic_store(&question, gathering);
    if (wait_for_answer(gathering))
        return true;
    if (!atomic_exchange(&question, NULL))
        return true; /* the answer has begun; the gathering is held for it */
    gathering_answer(gathering);
    return false;
}
