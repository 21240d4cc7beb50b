#include "sample/walk/wall_timer.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "sample/walk/thread.h"

/* What tells its signals from those of the CPU timer. */
enum { WALL_TICK = 1 };

bool wall_timer_new(struct sampler_thread *t, struct err *err)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = SIGPROF,
                             .sigev_value.sival_int = WALL_TICK};
    event._sigev_un._tid = t->tid;
    t->wall_random = (uint32_t)clock_mono_ns() | 1;
    if (timer_create(CLOCK_MONOTONIC, &event, &t->wall_timer) == 0)
        return true;
    return err_set(err, "cannot make a timer: %s", strerror(errno));
}

void wall_timer_free(struct sampler_thread *t) { timer_delete(t->wall_timer); }

bool wall_timer_ticked(const siginfo_t *info)
{
    return info->si_code == SI_TIMER && info->si_value.sival_int == WALL_TICK;
}

static void arm(const struct sampler_thread *t, int64_t ns)
{
    struct itimerspec spec = {.it_value = {ns / 1000000000, ns % 1000000000}};
    timer_settime(t->wall_timer, 0, &spec, NULL);
}

/* A tick that is under way meanwhile may arm it once more: that one does not
 * then. */
void wall_timer_set(struct sampler_thread *t, int rate_hz)
{
    int64_t period_ns = rate_hz ? 1000000000 / rate_hz : 0;
    if (atomic_exchange(&t->wall_period_ns, period_ns) == 0)
        t->wall_last_ns = clock_mono_ns();
    arm(t, period_ns);
}

/* xorshift32 (Marsaglia, "Xorshift RNGs", 2003). */
static uint32_t random_bits(struct sampler_thread *t)
{
    t->wall_random ^= t->wall_random << 13;
    t->wall_random ^= t->wall_random >> 17;
    t->wall_random ^= t->wall_random << 5;
    return t->wall_random;
}

void wall_timer_next(struct sampler_thread *t)
{
    int64_t period_ns = t->wall_period_ns;
    if (period_ns > 0)
        arm(t, period_ns / 2 +
                   (int64_t)(random_bits(t) * 0x1p-32 * (double)period_ns));
}

int64_t wall_timer_take(struct sampler_thread *t)
{
    int64_t now_ns = clock_mono_ns();
    return now_ns - atomic_exchange(&t->wall_last_ns, now_ns);
}
