#include "sample/walk/wall_timer.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "sample/walk/thread.h"

/* The value that a signal of a wall timer carries; one of a CPU timer has 0. */
enum { WALL_TICK = 1 };

bool wall_timer_new(struct sampler_thread *t, struct err *err)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = SIGPROF,
                             .sigev_value.sival_int = WALL_TICK};
    event._sigev_un._tid = t->tid;
    if (timer_create(CLOCK_MONOTONIC, &event, &t->wall_timer) == 0)
        return true;
    return err_set(err, "cannot make a timer: %s", strerror(errno));
}

void wall_timer_free(struct sampler_thread *t) { timer_delete(t->wall_timer); }

bool wall_timer_ticked(const siginfo_t *info)
{
    return info->si_code == SI_TIMER && info->si_value.sival_int == WALL_TICK;
}

/* Makes the timer fire once, in `ns` nanoseconds; 0 stops it. */
static void set_wall_timer(const struct sampler_thread *t, int64_t ns)
{
    struct itimerspec spec = {.it_value = {ns / 1000000000, ns % 1000000000}};
    timer_settime(t->wall_timer, 0, &spec, NULL);
}

/* If a tick is under way meanwhile, its handler may set the timer once more
 * after this function has stopped it: the tick that comes of it sets none. */
void wall_timer_set(struct sampler_thread *t, int rate_hz)
{
    int64_t period_ns = rate_hz ? 1000000000 / rate_hz : 0;
    if (atomic_exchange(&t->wall_period_ns, period_ns) == 0)
        t->wall_last_ns = clock_mono_ns();
    set_wall_timer(t, period_ns);
}

void wall_timer_next(struct sampler_thread *t)
{
    int64_t period_ns = t->wall_period_ns;
    if (period_ns > 0)
        set_wall_timer(t, period_ns / 2 +
                              random_below(&t->wall_random, period_ns));
}

int64_t wall_timer_take(struct sampler_thread *t)
{
    int64_t now_ns = clock_mono_ns();
    return now_ns - atomic_exchange(&t->wall_last_ns, now_ns);
}
