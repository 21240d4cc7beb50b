/* quiet.c -- tests of sample/quiet.h: no stack is taken under the locks that
 * taking one needs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_no_stack_while_quiet),
        cmocka_unit_test(is_of_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
