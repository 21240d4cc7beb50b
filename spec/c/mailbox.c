/* mailbox.c -- tests of base/mailbox.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/mailbox.h"

enum { WRITERS = 4, MESSAGES = 20000 };

struct letter {
    struct mailbox_message message;
    struct inbox *inbox;
    int writer, number;
};

struct inbox {
    struct mailbox box;
    int expected[WRITERS]; /* number of each writer's next message */
    int n_received;
    bool disordered;
};

static void receive(struct mailbox_message *message)
{
    struct letter *letter = (struct letter *)message;
    struct inbox *inbox = letter->inbox;
    if (letter->number != inbox->expected[letter->writer]++)
        inbox->disordered = true;
    if (++inbox->n_received == WRITERS * MESSAGES)
        mailbox_close(&inbox->box);
}

struct writer {
    struct inbox *inbox;
    struct letter *letters;
    int number;
    uv_thread_t thread;
};

static void write_letters(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < MESSAGES; i++) {
        w->letters[i] = (struct letter){.message.deliver = receive,
                                        .inbox = w->inbox,
                                        .writer = w->number,
                                        .number = i};
        mailbox_post(&w->inbox->box, &w->letters[i].message);
    }
}

static void delivers_all_in_order(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct inbox inbox = {0};
    struct writer writers[WRITERS];
    struct err err;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_true(mailbox_open(&inbox.box, &loop, &err));
    for (int i = 0; i < WRITERS; i++) {
        writers[i] =
            (struct writer){.inbox = &inbox,
                            .letters = calloc(MESSAGES, sizeof(struct letter)),
                            .number = i};
        uv_thread_create(&writers[i].thread, write_letters, &writers[i]);
    }
    uv_run(&loop, UV_RUN_DEFAULT); /* ends when the mailbox is closed */
    for (int i = 0; i < WRITERS; i++) {
        uv_thread_join(&writers[i].thread);
        free(writers[i].letters);
    }
    assert_int_equal(inbox.n_received, WRITERS * MESSAGES);
    assert_false(inbox.disordered);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static int n_delivered;

static void count(struct mailbox_message *message)
{
    (void)message;
    n_delivered++;
}

static void delivers_what_is_left_when_closed(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct mailbox box;
    struct mailbox_message messages[3];
    struct err err;
    uv_loop_init(&loop);
    assert_true(mailbox_open(&box, &loop, &err));
    for (int i = 0; i < 3; i++) {
        messages[i].deliver = count;
        mailbox_post(&box, &messages[i]);
    }
    mailbox_close(&box);
    assert_int_equal(n_delivered, 3);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers_all_in_order),
        cmocka_unit_test(delivers_what_is_left_when_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
