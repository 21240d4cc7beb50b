#include "load/vu.h"

#include "base/clock.h"
#include "load/generator.h"
#include "load/load.h"
#include "load/scenario.h"

void vu_init(struct vu *vu, struct scenario_run *run, uint32_t number)
{
    struct generator *generator = run->generator;
    *vu = (struct vu){.generator = generator, .run = run, .number = number};
    client_init(&vu->client, &generator->network);
    chain_init(&vu->chain);
    vu->expected.set = &status_set_default;
    vu->chain.transfer.ctx = vu; /* for vu_url.c */
    uv_timer_init(&generator->loop, &vu->timer);
    vu->timer.data = vu;
}

void vu_close(struct vu *vu)
{
    client_close(&vu->client);
    uv_close((uv_handle_t *)&vu->timer, NULL);
}

void vu_fini(struct vu *vu)
{
    chain_fini(&vu->chain);
    cookie_jar_fini(&vu->jar);
}

void vu_begin(struct vu *vu)
{
    vu->busy = true;
    vu->begun_ns = clock_mono_ns();
    vu->beginning = true;
    vu->generator->behaviour->begin(vu);
    vu->beginning = false;
    /* An iteration that never waited must not keep the loop from the others. */
    if (!vu->busy)
        generator_make_ready(vu->generator, vu);
}

void vu_advance(struct vu *vu)
{
    vu->due_ns = 0;
    if (scenario_next(vu->run, vu))
        vu_begin(vu);
    else
        scenario_rest(vu->run);
}

void vu_wake(struct vu *vu)
{
    if (!vu->busy && !vu->ready)
        vu_advance(vu);
}

/* Returns the delay with which the iteration began, in milliseconds. It is
 * added to the latency of each of its requests. */
static double lateness(const struct vu *vu)
{
    return vu->due_ns ? (double)(vu->begun_ns - vu->due_ns) / 1e6 : 0;
}

struct tags vu_tags(const struct vu *vu)
{
    struct tags tags = scenario_tags(vu->run);
    tags.group = vu->group;
    if (vu->number == 0) { /* setup and teardown are in no scenario */
        tags.scenario = NULL;
        tags.common = &vu->generator->load->config->tags;
    }
    return tags;
}

void vu_count(struct vu *vu, const struct transfer *transfer)
{
    struct results *results = &vu->generator->results;
    const struct transfer_times *times = &transfer->times;
    double took = (double)(times->done_ns - times->start_ns) / 1e6;
    struct tags tags = vu_tags(vu);
    tags.transfer = transfer;
    results_count_request(results, &tags);
    metrics_add(&results->metrics, METRIC_HTTP_REQ_LATENCY, took + lateness(vu),
                &tags);
}

void vu_count_failure(struct vu *vu, struct transfer *transfer,
                      enum client_error error)
{
    transfer_refuse(transfer, error);
    vu_count(vu, transfer);
}

static void end_iteration(struct vu *vu)
{
    vu->busy = false;
    vu->iteration++;
    vu->run->n_busy--;
}

static void count_iteration(const struct vu *vu)
{
    struct metrics *metrics = &vu->generator->results.metrics;
    int64_t took_ns = clock_mono_ns() - vu->begun_ns;
    if (vu->number == 0)
        return;
    struct tags tags = vu_tags(vu);
    metrics_add(metrics, METRIC_ITERATIONS, 1, &tags);
    metrics_add(metrics, METRIC_ITERATION_DURATION, (double)took_ns / 1e6,
                &tags);
}

void vu_finish(struct vu *vu)
{
    count_iteration(vu);
    end_iteration(vu);
    if (!vu->beginning)
        vu_advance(vu);
}

/* Counts the time of an unfinished request so far as latency, because the
 * request would have taken longer. */
static void count_unfinished(struct vu *vu, const struct transfer *transfer)
{
    struct tags tags = vu_tags(vu);
    tags.transfer = transfer;
    metrics_add(&vu->generator->results.metrics, METRIC_HTTP_REQ_LATENCY,
                (double)(clock_mono_ns() - transfer->times.start_ns) / 1e6 +
                    lateness(vu),
                &tags);
}

void vu_break_off(struct vu *vu)
{
    vu->generator->behaviour->interrupt(vu);
    if (vu->number > 0)
        vu->generator->results.n_interrupted++;
    end_iteration(vu);
}

void vu_interrupt(struct vu *vu)
{
    if (!vu->busy)
        return;
    struct transfer *transfer;
    while ((transfer = client_first_transfer(&vu->client))) {
        count_unfinished(vu, transfer);
        client_abort(transfer);
    }
    uv_timer_stop(&vu->timer);
    vu_break_off(vu);
}
