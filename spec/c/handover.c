/* handover.c -- tests of serve/handover.c with receivers whose loops run only
 * when a test lets them. The sockets are numbers: nothing reads from them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "serve/handover.h"

enum { N_RECEIVERS = 2, MAX_SERVED = 4096 };

struct stand;

struct peer {
    struct stand *stand;
    uv_loop_t loop;
    struct mailbox box;
    struct handover_receiver receiver;
    int served[MAX_SERVED];
    int n_served;
    void (*hold_up)(struct peer *peer); /* while it serves one, or NULL */
};

struct stand {
    uv_loop_t loop;
    struct handovers handovers;
    struct peer peers[N_RECEIVERS];
    const struct handover_receiver *last_late;
};

static void serve(void *ctx, int fd)
{
    struct peer *peer = ctx;
    assert_true(peer->n_served < MAX_SERVED);
    peer->served[peer->n_served++] = fd;
    if (peer->hold_up)
        peer->hold_up(peer);
}

static void on_taken_back(void *ctx, const struct handover_receiver *receiver)
{
    ((struct stand *)ctx)->last_late = receiver;
}

static int set_up(void **state)
{
    struct stand *s = calloc(1, sizeof *s);
    struct err err;
    assert_int_equal(uv_loop_init(&s->loop), 0);
    handovers_open(&s->handovers, &s->loop, on_taken_back, s);
    for (int i = 0; i < N_RECEIVERS; i++) {
        struct peer *peer = &s->peers[i];
        peer->stand = s;
        assert_int_equal(uv_loop_init(&peer->loop), 0);
        assert_true(mailbox_open(&peer->box, &peer->loop, &err));
        peer->receiver = (struct handover_receiver){
            .mailbox = &peer->box, .serve = serve, .ctx = peer};
        handovers_add(&s->handovers, &peer->receiver);
    }
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stand *s = *state;
    handovers_close(&s->handovers);
    for (int i = 0; i < N_RECEIVERS; i++) {
        mailbox_close(&s->peers[i].box);
        uv_run(&s->peers[i].loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&s->peers[i].loop), 0);
    }
    uv_run(&s->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&s->loop), 0);
    handovers_fini(&s->handovers);
    free(s);
    return 0;
}

static void post(struct stand *s, int to, int first, int n)
{
    for (int i = 0; i < n; i++)
        handovers_post(&s->handovers, &s->peers[to].receiver, first + i);
}

/* The peer reads its mailbox. */
static void run_peer(struct peer *peer) { uv_run(&peer->loop, UV_RUN_NOWAIT); }

/* The admin thread goes on until nothing is on its way any more. */
static void wait_until_late(struct stand *s)
{
    uv_run(&s->loop, UV_RUN_DEFAULT); /* ends when the timer has */
}

static void assert_served(const struct peer *peer, int first, int n)
{
    assert_int_equal(peer->n_served, n);
    for (int i = 0; i < n; i++)
        assert_int_equal(peer->served[i], first + i);
    assert_int_equal(handover_receiver_n_connections(&peer->receiver), n);
}

static void leaves_what_is_picked_up(void **state)
{
    struct stand *s = *state;
    post(s, 0, 100, 3);
    run_peer(&s->peers[0]);
    wait_until_late(s);
    assert_served(&s->peers[0], 100, 3);
    assert_int_equal(s->handovers.n_taken_back, 0);
    assert_int_equal(handovers_n_offered(&s->handovers), 0);
}

static void waits_before_it_takes_back(void **state)
{
    struct stand *s = *state;
    int64_t start_ns = clock_mono_ns();
    post(s, 0, 100, 1);
    wait_until_late(s);
    assert_true(clock_mono_ns() - start_ns >= 20000000);
}

static void gives_to_another(void **state)
{
    struct stand *s = *state;
    post(s, 0, 100, 3);
    wait_until_late(s);
    assert_ptr_equal(s->last_late, &s->peers[0].receiver);
    assert_int_equal(s->handovers.n_taken_back, 3);
    assert_int_equal(handovers_n_offered(&s->handovers), 3);
    assert_int_equal(handover_receiver_n_connections(&s->peers[0].receiver), 0);
    run_peer(&s->peers[1]);
    assert_served(&s->peers[1], 100, 3);
    assert_int_equal(handovers_n_offered(&s->handovers), 0);
    run_peer(&s->peers[0]); /* finds nothing */
    assert_served(&s->peers[0], 0, 0);
}

static void gives_to_the_first_that_is_free(void **state)
{
    struct stand *s = *state;
    post(s, 0, 100, 2);
    post(s, 1, 102, 2);
    wait_until_late(s);
    run_peer(&s->peers[0]);
    assert_served(&s->peers[0], 100, 4);
    run_peer(&s->peers[1]);
    assert_served(&s->peers[1], 0, 0);
}

/* The first peer gets stuck in the first socket that it serves. */
static void be_held_up(struct peer *peer)
{
    struct stand *s = peer->stand;
    if (peer->n_served > 1)
        return;
    wait_until_late(s);
    run_peer(&s->peers[1]);
}

static void gives_what_is_behind_one_to_another(void **state)
{
    struct stand *s = *state;
    s->peers[0].hold_up = be_held_up;
    post(s, 0, 100, 4);
    run_peer(&s->peers[0]);
    assert_served(&s->peers[0], 100, 1);
    assert_served(&s->peers[1], 101, 3);
}

static void gives_offers_behind_one_to_another(void **state)
{
    struct stand *s = *state;
    s->peers[0].hold_up = be_held_up;
    post(s, 1, 100, 4);
    wait_until_late(s);
    run_peer(&s->peers[0]);
    assert_served(&s->peers[0], 100, 1);
    assert_served(&s->peers[1], 101, 3);
}

/* What has no room is offered when there is some. */
static void offers_no_more_than_fit(void **state)
{
    struct stand *s = *state;
    const int n = HANDOVER_MAX_OFFERS + 10;
    post(s, 0, 100, n);
    while (s->handovers.n_taken_back < HANDOVER_MAX_OFFERS)
        uv_run(&s->loop, UV_RUN_ONCE);
    uv_run(&s->loop, UV_RUN_ONCE);
    assert_int_equal(handovers_n_offered(&s->handovers), HANDOVER_MAX_OFFERS);
    assert_int_equal(handover_receiver_n_connections(&s->peers[0].receiver),
                     10);
    run_peer(&s->peers[1]);
    wait_until_late(s);
    run_peer(&s->peers[1]);
    assert_served(&s->peers[1], 100, n);
}

/* Nothing is lost when all end with sockets on their way and on offer. */
static void ends_with_sockets_on_their_way(void **state)
{
    struct stand *s = *state;
    post(s, 0, 100, 2);
    wait_until_late(s);
    post(s, 0, 102, 2);
    /* tear_down closes the mailboxes, which delivers. */
}

/* Two threads that are often late. */
struct racer {
    struct peer *peer;
    uv_thread_t thread;
    unsigned seed;
};

static atomic_int n_raced;

static void race(void *arg)
{
    struct racer *racer = arg;
    while (atomic_load(&n_raced) < MAX_SERVED) {
        int before = racer->peer->n_served;
        run_peer(racer->peer);
        atomic_fetch_add(&n_raced, racer->peer->n_served - before);
        racer->seed = racer->seed * 1103515245u + 12345u;
        uv_sleep(racer->seed >> 16 & 1 ? 0 : 20 + (racer->seed >> 20) % 8);
    }
}

static void gives_each_socket_once(void **state)
{
    struct stand *s = *state;
    struct racer racers[N_RECEIVERS];
    static bool seen[MAX_SERVED];
    atomic_store(&n_raced, 0);
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < N_RECEIVERS; i++) {
        racers[i] = (struct racer){.peer = &s->peers[i], .seed = (unsigned)i};
        uv_thread_create(&racers[i].thread, race, &racers[i]);
    }
    for (int i = 0; i < MAX_SERVED; i += 16) {
        post(s, i / 16 % 2, i, 16);
        uv_run(&s->loop, UV_RUN_NOWAIT);
        uv_sleep(1);
    }
    wait_until_late(s);
    for (int i = 0; i < N_RECEIVERS; i++) {
        uv_thread_join(&racers[i].thread);
        for (int k = 0; k < s->peers[i].n_served; k++) {
            assert_false(seen[s->peers[i].served[k]]);
            seen[s->peers[i].served[k]] = true;
        }
    }
    assert_int_equal(s->peers[0].n_served + s->peers[1].n_served, MAX_SERVED);
    print_message("%d of %d sockets were taken back\n",
                  (int)s->handovers.n_taken_back, MAX_SERVED);
    assert_true(s->handovers.n_taken_back > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(leaves_what_is_picked_up),
        TEST(waits_before_it_takes_back),
        TEST(gives_to_another),
        TEST(gives_to_the_first_that_is_free),
        TEST(gives_what_is_behind_one_to_another),
        TEST(gives_offers_behind_one_to_another),
        TEST(offers_no_more_than_fit),
        TEST(ends_with_sockets_on_their_way),
        TEST(gives_each_socket_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
