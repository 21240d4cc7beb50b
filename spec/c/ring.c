/* ring.c -- tests of walk/ring.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdbool.h>

#include "sample/walk/ring.h"
#include "sample/walk/sample.h"

static void push(struct ring *ring, int64_t weight)
{
    struct sample *s = ring_begin(ring);
    assert_non_null(s);
    s->weight_ns = weight;
    ring_commit(ring);
}

static void pending_samples_are_hidden_until_published(void **state)
{
    (void)state;
    struct ring *ring = ring_new(8);
    push(ring, 1);
    push(ring, 2);
    assert_null(ring_peek(ring));
    assert_int_equal(ring_n_pending(ring), 2);
    assert_int_equal(ring_pending(ring, 1)->weight_ns, 2);
    ring_publish(ring);
    assert_int_equal(ring_n_pending(ring), 0);
    assert_int_equal(ring_peek(ring)->weight_ns, 1);
    ring_pop(ring);
    assert_int_equal(ring_peek(ring)->weight_ns, 2);
    ring_pop(ring);
    assert_null(ring_peek(ring));
    ring_free(ring);
}

static void a_full_ring_refuses(void **state)
{
    (void)state;
    struct ring *ring = ring_new(4);
    for (int i = 0; i < 4; i++)
        push(ring, i);
    assert_null(ring_begin(ring));
    ring_publish(ring);
    assert_null(ring_begin(ring));
    ring_pop(ring);
    assert_non_null(ring_begin(ring));
    ring_free(ring);
}

enum { N = 200000 };

static void *write_all(void *arg)
{
    struct ring *ring = arg;
    for (int64_t i = 1; i <= N;) {
        struct sample *s = ring_begin(ring);
        if (!s)
            continue;
        s->weight_ns = i++;
        ring_commit(ring);
        if (i % 3 == 0)
            ring_publish(ring);
    }
    ring_publish(ring);
    return NULL;
}

static void two_threads_keep_the_order(void **state)
{
    (void)state;
    struct ring *ring = ring_new(64);
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_all, ring), 0);
    for (int64_t expected = 1; expected <= N;) {
        const struct sample *s = ring_peek(ring);
        if (!s)
            continue;
        assert_int_equal(s->weight_ns, expected);
        expected++;
        ring_pop(ring);
    }
    pthread_join(writer, NULL);
    assert_null(ring_peek(ring));
    ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pending_samples_are_hidden_until_published),
        cmocka_unit_test(a_full_ring_refuses),
        cmocka_unit_test(two_threads_keep_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
