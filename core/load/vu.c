#include "load/vu.h"

#include "base/clock.h"
#include "load/load.h"
#include "load/scenario.h"

void vu_init(struct vu *vu, struct load *load, struct scenario_run *run,
             uint32_t number)
{
    *vu = (struct vu){.load = load, .run = run, .number = number};
    client_init(&vu->client, &load->network);
    transfer_init(&vu->transfer);
    vu->transfer.ctx = vu;
    uv_timer_init(&load->loop, &vu->timer);
    vu->timer.data = vu;
}

void vu_close(struct vu *vu)
{
    client_close(&vu->client);
    uv_close((uv_handle_t *)&vu->timer, NULL);
}

void vu_fini(struct vu *vu) { transfer_fini(&vu->transfer); }

void vu_advance(struct vu *vu)
{
    if (!scenario_next(vu->run)) {
        scenario_rest(vu->run);
        return;
    }
    vu->busy = true;
    vu->begun_ns = clock_mono_ns();
    vu->beginning = true;
    vu->load->behaviour->begin(vu);
    vu->beginning = false;
    /* One that never waited must not keep the loop from the others. */
    if (!vu->busy)
        load_make_ready(vu->load, vu);
}

static void leave(struct vu *vu)
{
    vu->busy = false;
    vu->iteration++;
    vu->run->n_busy--;
}

void vu_finish(struct vu *vu)
{
    struct metrics *metrics = &vu->load->results.metrics;
    int64_t took_ns = clock_mono_ns() - vu->begun_ns;
    metrics_add(metrics, METRIC_ITERATIONS, 1);
    metrics_add(metrics, METRIC_ITERATION_DURATION, (double)took_ns / 1e6);
    leave(vu);
    if (!vu->beginning)
        vu_advance(vu);
}

void vu_interrupt(struct vu *vu)
{
    if (!vu->busy)
        return;
    client_abort(&vu->transfer);
    uv_timer_stop(&vu->timer);
    vu->load->behaviour->interrupt(vu);
    vu->load->results.n_interrupted++;
    leave(vu);
}
