#include "target/profile_capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "client/client.h"
#include "target/pprof_request.h"

#define SECOND_NS INT64_C(1000000000)
/* Time between two checks whether the first request was sent. */
#define TARGET_PERIOD_MS 10

/* One profile and its request. */
struct item {
    struct profile_capture *capture;
    struct captured_profile captured;
    struct pprof_request request;
};

struct profile_capture {
    const struct profile_options *options;
    const struct profile_capture_env *env;
    const char *dir;
    struct network network;
    struct client client;
    uv_timer_t timer; /* for the begin of the window, then its end */
    struct item items[PROFILE_N_KINDS];
    unsigned n_items;
    int64_t start_ns;         /* start of the load; 0: not yet */
    int64_t begin_ns, end_ns; /* the window; 0: not yet */
    uint64_t n_begin, n_end;  /* finished requests at the begin and the end */
    bool closed, told;
};

/* --- making and ending a capture ---------------------------------------- */

static bool prepare_dir(const char *dir, struct err *err)
{
    if (!file_make_folder(dir, err))
        return false;
    return access(dir, W_OK | X_OK) == 0 ||
           err_set(err, "cannot save profiles in '%s': %s", dir,
                   strerror(errno));
}

struct profile_capture *
profile_capture_new(uv_loop_t *loop, const struct profile_options *options,
                    const struct profile_capture_env *env, const char *dir,
                    struct err *err)
{
    if (!prepare_dir(dir, err))
        return NULL;
    struct profile_capture *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(err, "out of memory");
        return NULL;
    }
    c->options = options;
    c->env = env;
    c->dir = dir;
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++) {
        struct item *item = &c->items[c->n_items];
        if (!options->wants[id])
            continue;
        item->capture = c;
        item->captured.kind = profile_kinds[id];
        pprof_request_init(&item->request);
        c->n_items++;
    }
    network_init(&c->network, loop);
    c->network.skip_verify = env->skip_verify;
    client_init(&c->client, &c->network);
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    return c;
}

void profile_capture_close(struct profile_capture *c)
{
    if (!c || c->closed)
        return;
    c->closed = true;
    client_close(&c->client);
    uv_close((uv_handle_t *)&c->timer, NULL);
    network_close(&c->network);
}

void profile_capture_free(struct profile_capture *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < c->n_items; i++) {
        captured_profile_fini(&c->items[i].captured);
        pprof_request_fini(&c->items[i].request);
    }
    network_fini(&c->network);
    free(c);
}

/* --- the requests ------------------------------------------------------- */

static bool is_open(const struct item *item)
{
    return item->captured.state == CAPTURED_WAITING ||
           item->captured.state == CAPTURED_TAKING;
}

static bool all_over(const struct profile_capture *c)
{
    for (unsigned i = 0; i < c->n_items; i++)
        if (is_open(&c->items[i]))
            return false;
    return true;
}

/* Reports the end once. An idle connection or the timer would keep the loop
 * alive. */
static void check_over(struct profile_capture *c)
{
    if (c->told || !all_over(c))
        return;
    c->told = true;
    uv_timer_stop(&c->timer);
    client_close(&c->client);
    if (c->env->over)
        c->env->over(c->env->ctx);
}

static void end_capture_window(struct profile_capture *c, int64_t now_ns,
                               uint64_t n_requests)
{
    if (c->end_ns)
        return;
    c->end_ns = now_ns;
    c->n_end = n_requests;
}

/* The target's clock measures the profile, so its reply may end the window
 * before our timer does. */
static void on_captured(struct transfer *transfer)
{
    struct item *item = transfer->ctx;
    struct captured_profile *captured = &item->captured;
    struct profile_capture *c = item->capture;
    int64_t now_ns = clock_mono_ns();
    uint64_t n_requests = c->env->n_requests(c->env->ctx);
    captured_profile_take(captured, transfer, c->dir);
    if (captured->state == CAPTURED_DONE &&
        captured->kind->span != PROFILE_KIND_MOMENT)
        end_capture_window(c, now_ns, n_requests);
    buf_fini(&transfer->body);
    check_over(c);
}

static bool send_request(struct item *item, const char *base, struct err *err)
{
    const struct profile_kind *kind = item->captured.kind;
    struct profile_capture *c = item->capture;
    item->request.transfer.done = on_captured;
    item->request.transfer.ctx = item;
    item->captured.state = CAPTURED_TAKING;
    return pprof_request_send(
        &item->request, &c->client, base, kind->endpoint,
        kind->span == PROFILE_KIND_MOMENT ? 0 : c->options->seconds, err);
}

/* --- the window --------------------------------------------------------- */

static void on_window_end(uv_timer_t *timer)
{
    struct profile_capture *c = timer->data;
    end_capture_window(c, clock_mono_ns(), c->env->n_requests(c->env->ctx));
}

/* Begins the window, or tries again soon if the target is not known yet. */
static void on_window_begin(uv_timer_t *timer)
{
    struct profile_capture *c = timer->data;
    const char *base =
        *c->options->url ? c->options->url : c->env->target(c->env->ctx);
    if (!base) {
        uv_timer_start(timer, on_window_begin, TARGET_PERIOD_MS, 0);
        return;
    }
    uv_update_time(timer->loop);
    uv_timer_start(timer, on_window_end, (uint64_t)c->options->seconds * 1000,
                   0);
    c->begin_ns = clock_mono_ns();
    c->n_begin = c->env->n_requests(c->env->ctx);
    for (unsigned i = 0; i < c->n_items; i++) {
        struct err err = {""};
        if (!send_request(&c->items[i], base, &err))
            captured_profile_fail(&c->items[i].captured, "%s", err.message);
    }
    check_over(c);
}

void profile_capture_start(struct profile_capture *c)
{
    c->start_ns = clock_mono_ns();
    uv_update_time(c->timer.loop);
    uv_timer_start(&c->timer, on_window_begin,
                   (uint64_t)(c->options->after_ns / 1000000), 0);
}

/* Fails the profile, because the load has ended before its window. */
static void give_up(struct item *item)
{
    const struct profile_capture *c = item->capture;
    if (item->captured.state == CAPTURED_TAKING) {
        client_abort(&item->request.transfer);
        captured_profile_fail(
            &item->captured, "the load ended %.1f s into its %" PRId64 " s",
            (double)(clock_mono_ns() - c->begin_ns) / 1e9, c->options->seconds);
    } else if (!*c->options->url && !c->env->target(c->env->ctx)) {
        captured_profile_fail(&item->captured, "the run sent no request, so "
                                               "the target is unknown");
    } else {
        captured_profile_fail(
            &item->captured,
            "the load ended before the window began, %.4g s after "
            "the start",
            (double)c->options->after_ns / 1e9);
    }
}

void profile_capture_load_ended(struct profile_capture *c)
{
    if (c->end_ns == 0) {
        uv_timer_stop(&c->timer);
        for (unsigned i = 0; i < c->n_items; i++)
            if (is_open(&c->items[i]))
                give_up(&c->items[i]);
    }
    check_over(c);
}

void profile_capture_stop(struct profile_capture *c)
{
    for (unsigned i = 0; i < c->n_items; i++) {
        struct item *item = &c->items[i];
        if (item->captured.state != CAPTURED_TAKING)
            continue;
        client_abort(&item->request.transfer);
        captured_profile_fail(&item->captured,
                              "stopped while its reply was awaited");
    }
    check_over(c);
}

bool profile_capture_is_over(const struct profile_capture *c)
{
    return c->start_ns == 0 || all_over(c);
}

/* --- results ------------------------------------------------------------ */

unsigned profile_capture_n_profiles(const struct profile_capture *c)
{
    return c->n_items;
}

const struct captured_profile *
profile_capture_profile(const struct profile_capture *c, unsigned i)
{
    return &c->items[i].captured;
}

uint64_t profile_capture_n_requests(const struct profile_capture *c)
{
    return c->end_ns ? c->n_end - c->n_begin : 0;
}

int64_t profile_capture_window_seconds(const struct profile_capture *c)
{
    return c->options->seconds;
}

bool profile_capture_window(const struct profile_capture *c, int64_t *begin_ns,
                            int64_t *end_ns)
{
    if (c->begin_ns == 0)
        return false;
    *begin_ns = c->begin_ns - c->start_ns;
    *end_ns = c->end_ns ? c->end_ns - c->start_ns
                        : *begin_ns + c->options->seconds * SECOND_NS;
    return true;
}

/* Writes the kinds that are being taken: "cpu, heap profile 8.2/10 s". */
static size_t describe_taking(const struct profile_capture *c, char *out,
                              size_t size)
{
    size_t n = 0;
    double passed = (double)(clock_mono_ns() - c->begin_ns) / 1e9;
    double all = (double)c->options->seconds;
    for (unsigned i = 0; i < c->n_items && n < size; i++)
        if (c->items[i].captured.state == CAPTURED_TAKING)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "",
                                  c->items[i].captured.kind->name);
    if (n > 0 && n < size)
        n += (size_t)snprintf(out + n, size - n, " profile %.1f/%.0f s",
                              passed < all ? passed : all, all);
    return n;
}

void profile_capture_describe(const struct profile_capture *c, char *out,
                              size_t size)
{
    *out = '\0';
    size_t n = describe_taking(c, out, size);
    for (unsigned i = 0; i < c->n_items && n < size; i++) {
        const struct captured_profile *captured = &c->items[i].captured;
        if (captured->state == CAPTURED_FAILED)
            n += (size_t)snprintf(out + n, size - n, "%s%s profile: %s",
                                  n ? "; " : "", captured->kind->name,
                                  captured->failure);
    }
}

/* --- thresholds --------------------------------------------------------- */

static bool refuse_without_profile(const struct profile_question *question,
                                   const struct profile_kind *const *kinds,
                                   unsigned n_kinds, struct err *err)
{
    char names[128];
    size_t n = 0;
    for (unsigned i = 0; i < n_kinds && n < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s",
                              n ? " or " : "", kinds[i]->name);
    return err_set(err,
                   "'%.100s' needs a profile of kind %s: name it in "
                   "options.profile.kinds or --profile",
                   question->metric, names);
}

bool profile_capture_evaluate(const struct profile_capture *c,
                              const struct profile_question *question,
                              struct profile_answer *answer, struct err *err)
{
    const struct profile_kind *kinds[PROFILE_N_KINDS];
    const struct captured_profile *found = NULL;
    if (!profile_metric_check(question, err))
        return false;
    unsigned n = profile_metric_kinds(question, kinds);
    for (unsigned i = 0; i < c->n_items; i++)
        for (unsigned k = 0; k < n; k++)
            if (c->items[i].captured.kind == kinds[k] &&
                (!found || found->state != CAPTURED_DONE))
                found = &c->items[i].captured;
    if (!found)
        return refuse_without_profile(question, kinds, n, err);
    if (found->state != CAPTURED_DONE)
        return err_set(err, "%s profile: %s", found->kind->name,
                       found->state == CAPTURED_FAILED ? found->failure
                                                       : "not taken yet");
    return profile_metric_evaluate(question, found->profile,
                                   profile_capture_n_requests(c), answer, err);
}
