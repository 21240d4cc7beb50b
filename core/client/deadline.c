#include "client/deadline.h"

#include <string.h>

#include "base/clock.h"

#define TICK_MS 10
#define TICK_NS (TICK_MS * INT64_C(1000000))

static void expire_slot(struct deadlines *all, const struct list *slot,
                        int64_t now_ns)
{
    list_each (struct deadline, d, slot, in_slot) {
        if (d->due_ns > now_ns)
            continue; /* due in a later turn of the wheel */
        deadline_clear(all, d);
        all->expired(d);
    }
}

static void on_wheel_tick(uv_timer_t *timer)
{
    struct deadlines *all = timer->data;
    int64_t now_ns = clock_mono_ns();
    int64_t tick = now_ns / TICK_NS;
    if (tick - all->last_tick > DEADLINE_SLOTS)
        all->last_tick = tick - DEADLINE_SLOTS;
    while (all->last_tick < tick) {
        all->last_tick++;
        expire_slot(all, &all->slots[all->last_tick % DEADLINE_SLOTS], now_ns);
    }
    if (all->n_set == 0)
        uv_timer_stop(timer);
}

void deadlines_init(struct deadlines *all, uv_loop_t *loop, deadline_fn expired)
{
    uv_timer_init(loop, &all->timer);
    uv_unref((uv_handle_t *)&all->timer);
    all->timer.data = all;
    memset(all->slots, 0, sizeof all->slots);
    all->n_set = 0;
    all->expired = expired;
}

void deadlines_close(struct deadlines *all)
{
    uv_close((uv_handle_t *)&all->timer, NULL);
}

void deadline_set(struct deadlines *all, struct deadline *deadline,
                  int64_t due_ns)
{
    if (!uv_is_active((uv_handle_t *)&all->timer)) {
        all->last_tick = clock_mono_ns() / TICK_NS;
        uv_timer_start(&all->timer, on_wheel_tick, TICK_MS, TICK_MS);
    }
    /* Rounded up, so that no deadline expires early. A deadline that is due
     * already waits for the next tick. */
    int64_t tick = (due_ns + TICK_NS - 1) / TICK_NS;
    if (tick <= all->last_tick)
        tick = all->last_tick + 1;
    deadline->due_ns = due_ns;
    list_append(&all->slots[tick % DEADLINE_SLOTS], &deadline->in_slot);
    all->n_set++;
}

void deadline_clear(struct deadlines *all, struct deadline *deadline)
{
    all->n_set -= list_is_linked(&deadline->in_slot);
    list_remove(&deadline->in_slot);
}
