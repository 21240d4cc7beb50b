/* wall.c -- tests of session/wall.c, with a task of script/scheduler.c that
 * sleeps: its time is in each profile, once.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lauxlib.h>
#include <lua.h>
#include <time.h>
#include <uv.h>

#include "base/mailbox.h"
#include "modules/modules.h"
#include "profile/profile.h"
#include "record/profile_kind.h"
#include "sample/session/sampler.h"
#include "sample/session/wall.h"
#include "script/observe.h"
#include "script/scheduler.h"
#include "script/state.h"

static uv_loop_t loop;
static struct mailbox mailbox;
static lua_State *L;
static struct scheduler *scheduler;
static bool is_done;

static int open_all(void **state)
{
    (void)state;
    struct err err = {0};
    assert_true(sampler_init(&err));
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_true(mailbox_open(&mailbox, &loop, &err));
    L = script_state_new(NULL, modules_for_scripts, &err);
    assert_non_null(L);
    scheduler = scheduler_new(L, &err);
    assert_non_null(scheduler);
    scheduler_start(scheduler, &loop, &mailbox);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    scheduler_close(scheduler);
    mailbox_close(&mailbox);
    uv_run(&loop, UV_RUN_DEFAULT);
    script_state_free(L);
    return uv_loop_close(&loop);
}

static void on_done(void *ctx, lua_State *co, const struct err *failure)
{
    (void)ctx;
    (void)co;
    assert_null(failure);
    is_done = true;
}

static void start_sleeping(void)
{
    struct err err = {0};
    struct task *task = scheduler_take(scheduler, &err);
    assert_non_null(task);
    is_done = false;
    luaL_loadstring(task_stack(task), "require 'scheduler'.sleep(0.1)");
    task_start(task, 0, 0, on_done, NULL);
    assert_false(is_done);
}

static void wait_for_it(void)
{
    while (!is_done)
        uv_run(&loop, UV_RUN_ONCE);
}

static int64_t sum(const struct profile *profile)
{
    int64_t ns = 0;
    for (uint32_t i = 0; i < profile_n_samples(profile); i++)
        ns += profile_get_sample(profile, i).values[1];
    return ns;
}

/* What is in the profile, against the time that was slept within it. */
static void close_and_compare(struct wall *wall, struct tally *waiting,
                              int64_t expected_ns)
{
    struct err err = {0};
    struct profile *profile =
        profile_kind_empty(&profile_kind_wall, 0, 0, &err);
    assert_non_null(profile);
    assert_true(wall_close(wall, waiting, profile, &err));
    assert_int_equal(sum(profile), expected_ns);
    profile_free(profile);
    tally_fini(waiting);
}

/* The part of the wait that the profiles see. It is far longer than the period:
 * such waits are counted as they are. */
static const struct timespec pause_time = {.tv_nsec = 20000000};
static const struct session_options options = {.rate_hz = 10000};

static void ends_while_another_one_ends(void **state)
{
    (void)state;
    for (int reversed = 0; reversed < 2; reversed++) {
        struct tally waiting[2] = {TALLY_INIT, TALLY_INIT};
        struct wall_window windows[2];
        struct wall *walls[2];
        struct err err = {0};
        start_sleeping();
        for (int i = 0; i < 2; i++)
            walls[i] = wall_open(&options, &err);
        nanosleep(&pause_time, NULL);
        for (int i = 0; i < 2; i++)
            windows[i ^ reversed] = *wall_end(walls[i ^ reversed]);
        for (int i = 0; i < 2; i++)
            observe_waits(L, &windows[i ^ reversed], &waiting[i ^ reversed]);
        wait_for_it();
        for (int i = 0; i < 2; i++)
            close_and_compare(walls[i], &waiting[i],
                              windows[i].end_ns - windows[i].start_ns);
    }
}

/* The worker is asked only after the wait is over. */
static void ends_before_the_wait_is_asked_for(void **state)
{
    (void)state;
    struct tally waiting = TALLY_INIT;
    struct err err = {0};
    start_sleeping();
    struct wall *wall = wall_open(&options, &err);
    nanosleep(&pause_time, NULL);
    struct wall_window window = *wall_end(wall);
    wait_for_it();
    observe_waits(L, &window, &waiting);
    close_and_compare(wall, &waiting, window.end_ns - window.start_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_while_another_one_ends),
        cmocka_unit_test(ends_before_the_wait_is_asked_for),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
