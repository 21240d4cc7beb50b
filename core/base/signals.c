#include "base/signals.h"

#include <pthread.h>
#include <string.h>

enum { MAX_SIGNALS = 65 };

/* A signal that the program has taken. */
static struct taken {
    bool is_taken;
    struct sigaction ours, before;
} signals_taken[MAX_SIGNALS]; /* [lock] */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local sigset_t mask_before_fork;

/* The two kinds of handlers share their place in the struct. */
static bool is_same_handler(const struct sigaction *a,
                            const struct sigaction *b)
{
    return a->sa_handler == b->sa_handler;
}

static void block_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &mask_before_fork);
    pthread_mutex_lock(&lock);
}

static void unblock_signals(void)
{
    pthread_mutex_unlock(&lock);
    pthread_sigmask(SIG_SETMASK, &mask_before_fork, NULL);
}

static void give_back_signals(void)
{
    for (int i = 1; i < MAX_SIGNALS; i++) {
        struct taken *t = &signals_taken[i];
        struct sigaction now;
        if (t->is_taken && sigaction(i, NULL, &now) == 0 &&
            is_same_handler(&now, &t->ours))
            sigaction(i, &t->before, NULL);
        t->is_taken = false;
    }
    unblock_signals();
}

static void return_in_children(void)
{
    pthread_atfork(block_signals, unblock_signals, give_back_signals);
}

/* Notes that the program has `number`, whose disposition was `before`. [lock]
 */
static void note_taken(int number, const struct sigaction *before)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, return_in_children);
    struct taken *t = &signals_taken[number];
    if (!t->is_taken || !is_same_handler(before, &t->ours))
        t->before = *before;
    t->is_taken = sigaction(number, NULL, &t->ours) == 0;
}

bool signals_take(int number, const struct sigaction *action,
                  struct sigaction *old)
{
    struct sigaction before;
    pthread_mutex_lock(&lock);
    bool ok = sigaction(number, action, &before) == 0;
    if (ok)
        note_taken(number, &before);
    pthread_mutex_unlock(&lock);
    if (ok && old)
        *old = before;
    return ok;
}

bool signals_has(int number, struct sigaction *now)
{
    return sigaction(number, NULL, now) == 0 &&
           is_same_handler(now, &signals_taken[number].ours);
}

static void do_nothing(int number) { (void)number; }

void signals_ignore(int number)
{
    struct sigaction action = {.sa_handler = do_nothing,
                               .sa_flags = SA_RESTART | SA_ONSTACK},
                     now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        signals_take(number, &action, NULL);
}

int signals_start(uv_signal_t *handle, uv_signal_cb callback, int number)
{
    struct sigaction before;
    pthread_mutex_lock(&lock);
    sigaction(number, NULL, &before);
    int status = uv_signal_start(handle, callback, number);
    if (status == 0)
        note_taken(number, &before);
    pthread_mutex_unlock(&lock);
    return status;
}
