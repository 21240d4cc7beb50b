/* worker.c -- tests of serve/worker.c with a worker that is stuck in the
 * delivery of a message, and of script/os_thread.c with a thread that
 * computes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "handler/app.h"
#include "record/gathering.h"
#include "sample/session/sampler.h"
#include "sample/walk/attach.h"
#include "script/os_thread.h"
#include "serve/handover.h"
#include "serve/worker.h"

static char directory[] = "/tmp/perilune-worker.XXXXXX";
static char stop_path[64], routes_path[64];

static uv_loop_t loop;
static struct mailbox mailbox;
static struct handovers handovers;
static struct worker *worker;

static void on_stopped(void *ctx)
{
    (void)ctx;
    mailbox_close(&mailbox);
}

static void on_retired(void *ctx, int number, struct app *app)
{
    (void)ctx;
    (void)number;
    app_free(app);
}

static void on_taken_back(void *ctx, const struct handover_receiver *receiver)
{
    (void)ctx;
    (void)receiver;
}

static void write_routes(void)
{
    FILE *file = fopen(routes_path, "w");
    fprintf(file,
            "require('thread').spawn(function(path)\n"
            "  while not io.open(path) do end\n"
            "end, %c%s%c)\nreturn {}\n",
            '"', stop_path, '"');
    fclose(file);
}

static int start_worker(void **state)
{
    (void)state;
    struct err err;
    if (!mkdtemp(directory) || !sampler_init(&err) ||
        !attach_thread(NULL, &err) || uv_loop_init(&loop) != 0 ||
        !mailbox_open(&mailbox, &loop, &err))
        return 1;
    snprintf(stop_path, sizeof stop_path, "%s/stop", directory);
    snprintf(routes_path, sizeof routes_path, "%s/routes.lua", directory);
    write_routes();
    const struct app_options app_options = {.dir = directory, .worker = 1};
    const struct worker_options options = {
        .number = 1,
        .limits = {.connections = 10, .idle_seconds = 10},
        .owner = &mailbox,
        .stopped = on_stopped,
        .retired = on_retired};
    struct app *app = app_load(&app_options, &err);
    worker = app ? worker_start(&options, app, &err) : NULL;
    if (!worker)
        return 1;
    handovers_open(&handovers, &loop, on_taken_back, NULL);
    handovers_add(&handovers, worker_receiver(worker));
    return 0;
}

static int stop_worker(void **state)
{
    (void)state;
    handovers_close(&handovers);
    worker_stop(worker);
    uv_run(&loop, UV_RUN_DEFAULT);
    worker_join(worker);
    handovers_fini(&handovers);
    unlink(routes_path);
    unlink(stop_path);
    rmdir(directory);
    return !os_threads_join(INT64_C(10000000000)) || uv_loop_close(&loop) != 0;
}

/* A message whose delivery ends when the test lets it. */
struct obstacle {
    struct mailbox_message message;
    uv_sem_t is_reached, is_removed;
};

static void hold_up(struct mailbox_message *message)
{
    struct obstacle *obstacle = container_of(message, struct obstacle, message);
    uv_sem_post(&obstacle->is_reached);
    uv_sem_wait(&obstacle->is_removed);
}

static atomic_int n_taken;

static void take(struct gathering *gathering, struct lua_State *L)
{
    (void)gathering;
    assert_non_null(L);
    atomic_fetch_add(&n_taken, 1);
}

static void free_nothing(struct gathering *gathering) { (void)gathering; }

static void is_asked_only_so_much_while_it_is_stuck(void **state)
{
    (void)state;
    struct obstacle obstacle = {.message.deliver = hold_up};
    struct gathering gathering;
    int n_asked = 0;
    uv_sem_init(&obstacle.is_reached, 0);
    uv_sem_init(&obstacle.is_removed, 0);
    gathering_init(&gathering, take, free_nothing);
    mailbox_post(worker_receiver(worker)->mailbox, &obstacle.message);
    uv_sem_wait(&obstacle.is_reached);
    for (int i = 0; i < 100; i++)
        n_asked += worker_gather(worker, &gathering);
    assert_int_equal(n_asked, WORKER_MAX_QUESTIONS);
    uv_sem_post(&obstacle.is_removed);
    while (!gathering_is_complete(&gathering))
        uv_sleep(1);
    assert_int_equal(atomic_load(&n_taken), WORKER_MAX_QUESTIONS);
    assert_true(worker_gather(worker, &gathering));
    while (!gathering_is_complete(&gathering))
        uv_sleep(1);
    uv_sem_destroy(&obstacle.is_reached);
    uv_sem_destroy(&obstacle.is_removed);
}

static int n_thread_questions;
static atomic_int n_thread_answers;

static void before_thread(void *ctx)
{
    (void)ctx;
    n_thread_questions++;
}

static void answer_of_thread(void *ctx, struct lua_State *L)
{
    (void)ctx;
    (void)L;
    atomic_fetch_add(&n_thread_answers, 1);
}

static void a_thread_is_asked_only_so_much_while_it_computes(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        os_threads_ask(before_thread, answer_of_thread, NULL);
    assert_int_equal(n_thread_questions, OS_THREAD_MAX_QUESTIONS);
    fclose(fopen(stop_path, "w"));
    while (atomic_load(&n_thread_answers) < OS_THREAD_MAX_QUESTIONS)
        uv_sleep(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_asked_only_so_much_while_it_is_stuck),
        cmocka_unit_test(a_thread_is_asked_only_so_much_while_it_computes),
    };
    return cmocka_run_group_tests(tests, start_worker, stop_worker);
}
