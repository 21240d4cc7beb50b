#include "serve/reloader.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/vm_malloc.h"
#include "handler/app.h"
#include "serve/worker.h"
#include "sample/walk/attach.h"
#include "sample/hooks/vm_heap.h"

#define STALE_MAX 10 /* so many loads in a row may be unused */

struct reloader_slot {
    struct reloader *reloader;
    struct worker *worker;
    bool is_wanted;   /* the worker should get a new app */
    bool is_replaced; /* it has got one, and the old one is not freed yet */
    const struct app *current;
    const struct app *retiring;   /* was replaced and is not given back yet */
    struct app *old;              /* being freed */
    struct reloader_memory ended; /* of the apps that are freed */
    uv_work_t disposal;
};

/* New apps for some workers, which a thread of the pool loads. */
struct load {
    uv_work_t work;
    struct reloader *reloader;
    int64_t start_ns;
    uint64_t state; /* of the files, when the load began */
    bool failed;
    struct err err;
    struct app **apps; /* by slot; NULL: not for this one */
    bool wanted[];     /* by slot */
};

/* The thread is watched meanwhile, so that memory which scripts allocate while
 * they are loaded has its Lua stack in heap profiles. [the pool's thread] */
static void load_apps(uv_work_t *work)
{
    struct load *load = work->data;
    struct reloader *r = load->reloader;
    bool is_attached = attach_thread(NULL, NULL);
    vm_malloc_trim(); /* of apps that this thread has loaded before */
    for (int i = 0; i < r->n_slots && !load->failed; i++) {
        if (!load->wanted[i])
            continue;
        load->apps[i] = reloader_load(r, i + 1, &load->err);
        load->failed = !load->apps[i];
    }
    if (is_attached)
        detach_thread();
}

static void log_load(const struct load *load)
{
    if (load->failed)
        log_write(LOG_ERROR, "reload_failed",
                  LOG_FIELDS(log_text("error", load->err.message)));
    else
        log_write(LOG_INFO, "reloaded",
                  LOG_FIELDS(log_integer(
                      "ms", (clock_mono_ns() - load->start_ns) / 1000000)));
}

static void replace_app(struct reloader_slot *slot, struct app *app)
{
    slot->is_replaced = true;
    slot->retiring = slot->current;
    slot->current = app;
    worker_replace(slot->worker, app);
}

static void start_load(struct reloader *r);

/* Returns true if the files have changed while they were loaded. They may be
 * half written, so they are loaded again. A directory that changes without
 * pause must not block reloading: after STALE_MAX stale loads the newest one is
 * used. */
static bool is_stale(const struct load *load)
{
    struct reloader *r = load->reloader;
    if (!r->is_watching || r->is_stopping || r->n_stale >= STALE_MAX ||
        watch_state(&r->watch) == load->state) {
        r->n_stale = 0;
        return false;
    }
    r->n_stale++;
    for (int i = 0; i < r->n_slots; i++)
        r->slots[i].is_wanted |= load->wanted[i];
    return true;
}

/* Frees the apps that no worker has got. [the pool's thread] */
static void free_unused(uv_work_t *work)
{
    struct load *load = work->data;
    for (int i = 0; i < load->reloader->n_slots; i++)
        if (load->apps[i])
            app_free(load->apps[i]);
}

static void end_load(struct load *load)
{
    struct reloader *r = load->reloader;
    free(load->apps);
    free(load);
    r->is_loading = false;
    start_load(r);
}

static void on_unused_freed(uv_work_t *work, int status)
{
    (void)status;
    end_load(work->data);
}

static void on_loaded(uv_work_t *work, int status)
{
    (void)status;
    struct load *load = work->data;
    struct reloader *r = load->reloader;
    bool stale = is_stale(load);
    bool is_used = !load->failed && !r->is_stopping && !stale;
    for (int i = 0; is_used && i < r->n_slots; i++) {
        if (load->apps[i])
            replace_app(&r->slots[i], load->apps[i]);
        load->apps[i] = NULL;
    }
    if (!r->is_stopping && !stale) {
        log_load(load);
        r->n_failed += load->failed;
        r->n_done += !load->failed;
    }
    if (is_used)
        end_load(load);
    else
        uv_queue_work(r->options.loop, work, free_unused, on_unused_freed);
}

static struct load *new_load(struct reloader *r)
{
    size_t n = (size_t)r->n_slots;
    struct load *load = calloc(1, sizeof *load + n * sizeof *load->wanted);
    if (!load || !(load->apps = calloc(n, sizeof(struct app *)))) {
        free(load);
        log_write(LOG_ERROR, "reload_failed",
                  LOG_FIELDS(log_text("error", "out of memory")));
        return NULL;
    }
    load->reloader = r;
    load->work.data = load;
    load->start_ns = clock_mono_ns();
    return load;
}

/* Loads apps for the workers that want one and may have one. */
static void start_load(struct reloader *r)
{
    if (r->is_loading || r->is_stopping)
        return;
    struct load *load = NULL;
    for (int i = 0; i < r->n_slots; i++) {
        struct reloader_slot *slot = &r->slots[i];
        if (!slot->is_wanted || slot->is_replaced)
            continue;
        if (!load && !(load = new_load(r)))
            return;
        slot->is_wanted = false;
        load->wanted[i] = true;
    }
    if (!load)
        return;
    r->is_loading = true;
    if (r->is_watching)
        load->state = watch_state(&r->watch);
    uv_queue_work(r->options.loop, &load->work, load_apps, on_loaded);
}

static void on_scripts_changed(void *ctx) { reloader_request(ctx); }

bool reloader_open(struct reloader *r, const struct reloader_options *options,
                   int n, struct err *err)
{
    *r = (struct reloader){.options = *options, .n_slots = n};
    r->slots = calloc((size_t)n, sizeof *r->slots);
    if (!r->slots)
        return err_set(err, "out of memory for %d workers", n);
    for (int i = 0; i < n; i++) {
        r->slots[i].reloader = r;
        r->slots[i].disposal.data = &r->slots[i];
    }
    if (options->watches)
        r->is_watching =
            watch_open(&r->watch, options->loop, options->dir, ".lua",
                       on_scripts_changed, r, &r->watch_err);
    return true;
}

struct app *reloader_load(const struct reloader *r, int number, struct err *err)
{
    const struct app_options options = {
        .dir = r->options.dir, .worker = number, .dev = r->options.dev};
    return app_load(&options, err);
}

void reloader_add(struct reloader *r, int number, struct worker *worker,
                  const struct app *app)
{
    r->slots[number - 1].worker = worker;
    r->slots[number - 1].current = app;
}

struct reloader_memory reloader_memory(const struct reloader *r, int number)
{
    const struct reloader_slot *slot = &r->slots[number - 1];
    const struct app *const apps[] = {slot->current, slot->retiring};
    struct reloader_memory sum = slot->ended;
    for (int i = 0; i < 2; i++) {
        if (!apps[i])
            continue;
        const struct vm_heap *heap = app_heap(apps[i]);
        sum.used_bytes += atomic_load(&heap->used_bytes);
        sum.allocated_bytes += atomic_load(&heap->allocated_bytes);
        sum.n_collections += atomic_load(&heap->n_collections);
    }
    return sum;
}

void reloader_request(struct reloader *r)
{
    for (int i = 0; i < r->n_slots; i++)
        r->slots[i].is_wanted = true;
    start_load(r);
}

static void free_old(uv_work_t *disposal)
{
    struct reloader_slot *slot = disposal->data;
    app_free(slot->old);
    vm_malloc_trim();
}

static void on_freed(uv_work_t *disposal, int status)
{
    (void)status;
    struct reloader_slot *slot = disposal->data;
    slot->is_replaced = false;
    start_load(slot->reloader);
}

void reloader_retired(struct reloader *r, int number, struct app *app)
{
    struct reloader_slot *slot = &r->slots[number - 1];
    slot->old = app;
    const struct vm_heap *heap = app_heap(app);
    slot->ended.allocated_bytes += atomic_load(&heap->allocated_bytes);
    slot->ended.n_collections += atomic_load(&heap->n_collections);
    if (app == slot->current) /* the worker did not take the app */
        slot->current = slot->retiring;
    slot->retiring = NULL;
    uv_queue_work(r->options.loop, &slot->disposal, free_old, on_freed);
}

void reloader_close(struct reloader *r)
{
    r->is_stopping = true;
    if (r->is_watching)
        watch_close(&r->watch);
}

void reloader_free(struct reloader *r) { free(r->slots); }
