/* quiet.c -- tests of quiet.h: no stack is taken under the locks that taking
 * one needs, and a child after fork waits for no lock. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample/hooks/thread_create.h"
#include "sample/walk/current_stack.h"
#include "sample/platform/quiet.h"

static const struct current_stack *take(void)
{
    return current_stack_take((uintptr_t)__builtin_return_address(0), 0);
}

static void takes_no_stack_while_quiet(void **state)
{
    (void)state;
    pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
    assert_non_null(take());
    quiet_lock(&outer);
    quiet_lock(&inner);
    assert_null(take());
    quiet_unlock(&inner);
    assert_null(take());
    quiet_unlock(&outer);
    assert_non_null(take());
}

static void *take_in_another(void *ctx)
{
    (void)ctx;
    return (void *)take();
}

static void is_of_one_thread(void **state)
{
    (void)state;
    pthread_t thread;
    void *stack;
    quiet_enter();
    assert_int_equal(0, pthread_create(&thread, NULL, take_in_another, NULL));
    assert_int_equal(0, pthread_join(thread, &stack));
    quiet_leave();
    assert_non_null(stack);
}

static void *do_nothing(void *ctx) { return ctx; }

/* After fork the lock of a thread that only the parent has stays held. */
static void a_child_makes_threads_without_locks(void **state)
{
    (void)state;
    pthread_mutex_lock(&thread_create_tally.lock);
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        alarm(10); /* kills a child that waits for the lock */
        _exit(pthread_create(&thread, NULL, do_nothing, NULL) ||
              pthread_join(thread, NULL));
    }
    pthread_mutex_unlock(&thread_create_tally.lock);
    int status;
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_int_equal(0, status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_no_stack_while_quiet),
        cmocka_unit_test(is_of_one_thread),
        cmocka_unit_test(a_child_makes_threads_without_locks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
