/* sampler_stress.c -- samples at some 10,000 a second, each at any point of a
 * script that does everything (scripts/stress.lua), with sessions coming and
 * going. A second thread asks for the samples, more often than the sampling
 * thread would. What may go wrong here is a crash, a deadlock, or a report of a
 * sanitizer.
 * Needs: core
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lua.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "modules/modules.h"
#include "profile/profile.h"
#include "record/profile_kind.h"
#include "sample/session/sampler.h"
#include "sample/walk/attach.h"
#include "sample/walk/cpu.h"
#include "sample/walk/thread.h"
#include "sample/session/session.h"
#include "script/call.h"
#include "script/state.h"

static struct sampler_thread *target;
static atomic_bool stop;
static int64_t n_samples; /* of all profiles; the session thread's */

static void *send_signals(void *arg)
{
    static const struct timespec pause = {.tv_nsec = 50000};
    (void)arg;
    while (!atomic_load(&stop)) {
        cpu_ask(target, CPU_ASK_ANY_TIME);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void *open_and_close_sessions(void *arg)
{
    static const struct timespec length = {.tv_nsec = 150000000};
    struct session_options options = {.rate_hz = 1000};
    struct err err = {0};
    (void)arg;
    while (!atomic_load(&stop)) {
        struct session *kept = session_open(&options, &err);
        struct session *left = session_open(&options, &err);
        nanosleep(&length, NULL);
        session_abort(left);
        struct profile *profile =
            profile_kind_empty(&profile_kind_cpu, 0, 0, &err);
        if (!profile || !session_close(kept, NULL, profile, &err))
            abort();
        n_samples += profile_n_samples(profile);
        profile_free(profile);
    }
    return NULL;
}

static void survives_samples_at_any_point(void **state)
{
    (void)state;
    struct err err = {0};
    assert_true(sampler_init(&err));
    assert_true(attach_thread("7", &err));
    target = thread_self;

    sigset_t prof;
    sigemptyset(&prof);
    sigaddset(&prof, SIGPROF);
    pthread_t sender, user;
    pthread_sigmask(SIG_BLOCK, &prof, NULL);
    assert_int_equal(pthread_create(&sender, NULL, send_signals, NULL), 0);
    assert_int_equal(pthread_create(&user, NULL, open_and_close_sessions, NULL),
                     0);
    pthread_sigmask(SIG_UNBLOCK, &prof, NULL);

    for (int i = 0; i < 5; i++) {
        lua_State *L = script_state_new(NULL, modules_for_scripts, &err);
        assert_non_null(L);
        lua_pushnumber(L, 1.0);
        bool ran = script_run_file(L, STRESS_SCRIPT, 1, 0, &err);
        assert_string_equal(err.message, "");
        assert_true(ran);
        script_state_free(L);
    }
    atomic_store(&stop, true);
    pthread_join(sender, NULL);
    pthread_join(user, NULL);
    detach_thread();
    assert_true(n_samples > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_samples_at_any_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
