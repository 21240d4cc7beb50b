/* probe.c -- tests of session_probe: each watched thread is in it, one that is
 * late to answer the signal too.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "sample/session/sampler.h"
#include "sample/walk/attach.h"
#include "sample/session/session.h"
#include "sample/tables/stacks.h"

static pthread_barrier_t ready;

static void block_sigprof(int how)
{
    sigset_t prof;
    sigemptyset(&prof);
    sigaddset(&prof, SIGPROF);
    pthread_sigmask(how, &prof, NULL);
}

static bool is_asked(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPROF) == 1;
}

/* Takes the signal 100 ms after it has come, like a thread that has waited for
 * a CPU. The thread does not sleep, because a thread that sleeps is not asked.
 * The probe takes samples as they are after 70 ms, and waits up to 1 s for
 * threads without one. */
static void *answer_late(void *ctx)
{
    attach_thread(NULL, NULL);
    block_sigprof(SIG_BLOCK);
    pthread_barrier_wait(&ready);
    while (!is_asked())
        ;
    int64_t asked_ns = clock_mono_ns();
    while (clock_mono_ns() - asked_ns < 100000000)
        ;
    block_sigprof(SIG_UNBLOCK);
    pthread_barrier_wait(&ready);
    detach_thread();
    return ctx;
}

static void a_thread_that_answers_late_is_there(void **state)
{
    (void)state;
    struct err err = {0};
    pthread_t late;
    assert_true(sampler_init(&err));
    assert_true(attach_thread(NULL, &err));
    pthread_barrier_init(&ready, NULL, 2);
    assert_int_equal(pthread_create(&late, NULL, answer_late, NULL), 0);
    pthread_barrier_wait(&ready);
    struct stacks *stacks = session_probe(NULL);
    assert_non_null(stacks);
    uint64_t n = 0;
    for (uint32_t i = 0; i < stacks_n(stacks); i++)
        n += (uint64_t)stacks_get(stacks, i).count;
    assert_int_equal(n, 2);
    stacks_free(stacks);
    pthread_barrier_wait(&ready);
    pthread_join(late, NULL);
    detach_thread();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_that_answers_late_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
