#include "load/hook.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>

#include "load/executor.h"
#include "load/generator.h"
#include "load/vu_script.h"
#include "script/call.h"
#include "script/value.h"

bool hook_open(struct hook *hook, struct generator *generator,
               const char *function, int64_t timeout_ns, struct err *err)
{
    if (!generator->L || !vu_script_has(generator, function))
        return true;
    *hook = (struct hook){
        .open = true,
        .scenario = {.executor = &executor_shared_iterations,
                     .vus = 1,
                     .iterations = 1,
                     .duration_ns = timeout_ns},
        .run = {.generator = generator, .n_shares = 1, .n_vus = 1},
        .result = BUF_INIT,
    };
    snprintf(hook->scenario.name, sizeof hook->scenario.name, "%s", function);
    snprintf(hook->scenario.exec, sizeof hook->scenario.exec, "%s", function);
    hook->run.scenario = &hook->scenario;
    hook->run.vus = &hook->vu;
    hook->run.n_taken = &hook->n_taken;
    uv_timer_init(&generator->loop, &hook->run.timer);
    hook->run.timer.data = &hook->run;
    vu_init(&hook->vu, &hook->run, 0);
    return generator->behaviour->open(&hook->vu, err);
}

void hook_close(struct hook *hook)
{
    if (!hook->open)
        return;
    hook->run.generator->behaviour->close(&hook->vu);
    vu_close(&hook->vu);
    scenario_close(&hook->run);
}

void hook_fini(struct hook *hook)
{
    if (!hook->open)
        return;
    vu_fini(&hook->vu);
    buf_fini(&hook->result);
    hook->open = false;
}

void hook_fail(struct hook *hook, const struct err *err)
{
    hook->end = HOOK_FAILED;
    hook->err = *err;
}

/* Runs protected. stack: the hook, the value that the function returned */
static int write_result(lua_State *L)
{
    struct hook *hook = lua_touserdata(L, 1);
    value_write(L, 2, &hook->result);
    return 0;
}

void hook_return(struct hook *hook, lua_State *L, int n_results)
{
    struct lua_State *main = hook->run.generator->L;
    hook->end = HOOK_RETURNED;
    lua_pushcfunction(main, write_result);
    lua_pushlightuserdata(main, hook);
    if (n_results > 0) {
        lua_pushvalue(L, -n_results);
        lua_xmove(L, main, 1);
    } else {
        lua_pushnil(main);
    }
    if (!script_call(main, 2, 0, &hook->err))
        hook->end = HOOK_FAILED;
}
