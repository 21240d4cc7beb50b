#include "load/alarm.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* The read clears the timer, which stays readable until it is read or set
 * again. `ring` may set it again. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct alarm *alarm = poll->data;
    uint64_t n_expired;
    (void)status;
    (void)events;
    if (read(alarm->fd, &n_expired, sizeof n_expired) > 0)
        alarm->ring(alarm->ctx);
}

bool alarm_open(struct alarm *alarm, uv_loop_t *loop, void (*ring)(void *ctx),
                void *ctx, struct err *err)
{
    alarm->ring = ring;
    alarm->ctx = ctx;
    alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (alarm->fd < 0)
        return err_set(err, "timerfd_create: %s", strerror(errno));
    int status = uv_poll_init(loop, &alarm->poll, alarm->fd);
    if (status < 0) {
        close(alarm->fd);
        return err_set(err, "a timer on the loop: %s", uv_strerror(status));
    }
    alarm->poll.data = alarm;
    uv_poll_start(&alarm->poll, UV_READABLE, on_readable);
    return true;
}

static void set_timerfd(struct alarm *alarm, int64_t due_ns)
{
    const struct itimerspec spec = {
        .it_value = {.tv_sec = due_ns / 1000000000,
                     .tv_nsec = due_ns % 1000000000},
    };
    timerfd_settime(alarm->fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* A time of 0 would stop the timer. */
void alarm_set(struct alarm *alarm, int64_t due_ns)
{
    set_timerfd(alarm, due_ns > 0 ? due_ns : 1);
}

void alarm_clear(struct alarm *alarm) { set_timerfd(alarm, 0); }

void alarm_close(struct alarm *alarm, void (*closed)(uv_handle_t *))
{
    uv_poll_stop(&alarm->poll);
    close(alarm->fd);
    uv_close((uv_handle_t *)&alarm->poll, closed);
}
