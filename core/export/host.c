#include "export/host.h"

#include <lua.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/exporter.h"
#include "profile/profile.h"
#include "sample/platform/quiet.h"
#include "sample/walk/attach.h"
#include "sample/hooks/vm_heap.h"
#include "script/state.h"

struct job {
    struct job *next;
    char name[64];
    char *options;
    export_source_fn source;
    export_done_fn done;
    void *ctx;
};

struct export_host {
    struct catalog *catalog;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;
    struct job *first, **last;
    bool stopping;
};

/* A large profile takes tens of MiB for a moment, which glibc would keep: half
 * of a server's memory, after some that were asked for at once. */
enum { LARGE_BYTES = 4 << 20 };

static bool was_large(lua_State *L)
{
    const struct vm_heap *heap = script_state_heap(L);
    return atomic_load(&heap->allocated_bytes) > LARGE_BYTES;
}

static void run_job(struct export_host *host, const struct job *job)
{
    struct err err = {0};
    struct export_info info = {0};
    struct buf bytes = BUF_INIT;
    struct profile *profile = NULL;
    lua_State *L = NULL;
    bool done = catalog_find(host->catalog, job->name, &info, &err) &&
                (profile = job->source(job->ctx, &err)) &&
                (L = exporter_open(info.path, &info, &err)) &&
                exporter_run(L, profile, job->options, &bytes, &err);
    bool gives_back = L && was_large(L);
    if (L)
        script_state_free(L);
    profile_free(profile);
    job->done(job->ctx, done ? &bytes : NULL, &info, &err);
    buf_fini(&bytes);
    if (gives_back)
        malloc_trim(0);
}

static void job_free(struct job *job)
{
    free(job->options);
    free(job);
}

static void *host_main(void *arg)
{
    struct export_host *host = arg;
    attach_thread(NULL, NULL);
    pthread_mutex_lock(&host->lock);
    for (;;) {
        quiet_enter(); /* to be without work is not to be blocked */
        while (!host->first && !host->stopping)
            pthread_cond_wait(&host->wake, &host->lock);
        quiet_leave();
        struct job *job = host->first;
        if (!job)
            break;
        host->first = job->next;
        if (!host->first)
            host->last = &host->first;
        pthread_mutex_unlock(&host->lock);
        run_job(host, job);
        job_free(job);
        pthread_mutex_lock(&host->lock);
    }
    pthread_mutex_unlock(&host->lock);
    detach_thread();
    return NULL;
}

struct export_host *export_host_new(const char *const *dirs, struct err *err)
{
    struct export_host *host = calloc(1, sizeof *host);
    if (!host) {
        err_set(err, "out of memory for the exporters");
        return NULL;
    }
    host->last = &host->first;
    host->catalog = catalog_new(dirs, err);
    pthread_mutex_init(&host->lock, NULL);
    pthread_cond_init(&host->wake, NULL);
    int failed = host->catalog
                     ? pthread_create(&host->thread, NULL, host_main, host)
                     : -1;
    if (failed == 0) {
        pthread_setname_np(host->thread, "exporter");
        return host;
    }
    if (failed > 0)
        err_set(err, "cannot start the exporter thread: %s", strerror(failed));
    catalog_free(host->catalog);
    free(host);
    return NULL;
}

void export_host_free(struct export_host *host)
{
    if (!host)
        return;
    pthread_mutex_lock(&host->lock);
    host->stopping = true;
    pthread_cond_signal(&host->wake);
    pthread_mutex_unlock(&host->lock);
    pthread_join(host->thread, NULL);
    catalog_free(host->catalog);
    pthread_mutex_destroy(&host->lock);
    pthread_cond_destroy(&host->wake);
    free(host);
}

bool export_host_list(struct export_host *host, struct export_info **infos,
                      size_t *n, struct err *err)
{
    return catalog_list(host->catalog, infos, n, err);
}

bool export_host_find(struct export_host *host, const char *name,
                      struct export_info *info, struct err *err)
{
    return catalog_find(host->catalog, name, info, err);
}

void export_host_run(struct export_host *host, const char *name,
                     const char *options, export_source_fn source,
                     export_done_fn done, void *ctx)
{
    struct job *job = calloc(1, sizeof *job);
    if (job && options)
        job->options = strdup(options);
    if (!job || (options && !job->options)) {
        struct err err = {"out of memory for the export"};
        struct export_info info = {0};
        free(job);
        done(ctx, NULL, &info, &err);
        return;
    }
    snprintf(job->name, sizeof job->name, "%s", name);
    job->source = source;
    job->done = done;
    job->ctx = ctx;
    pthread_mutex_lock(&host->lock);
    *host->last = job;
    host->last = &job->next;
    pthread_cond_signal(&host->wake);
    pthread_mutex_unlock(&host->lock);
}

/* ---- export_host_export: a job whose caller waits */

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool finished, succeeded;
    struct profile *profile; /* NULL after the source gave it away */
    struct buf *bytes;
    struct export_info *info;
    struct err *err;
};

static struct profile *give_waiting_profile(void *ctx, struct err *err)
{
    struct waiting *w = ctx;
    (void)err;
    struct profile *profile = w->profile;
    w->profile = NULL;
    return profile;
}

static void finish_waiting(void *ctx, struct buf *bytes,
                           const struct export_info *info,
                           const struct err *err)
{
    struct waiting *w = ctx;
    pthread_mutex_lock(&w->lock);
    w->succeeded = bytes;
    if (bytes) {
        buf_append(w->bytes, bytes->data, bytes->len);
        w->succeeded = !w->bytes->failed;
    }
    *w->info = *info;
    if (!w->succeeded)
        err_set(w->err, "%s", err->message);
    w->finished = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

bool export_host_export(struct export_host *host, const char *name,
                        const char *options, struct profile *profile,
                        struct buf *bytes, struct export_info *info,
                        struct err *err)
{
    struct waiting w = {
        .profile = profile, .bytes = bytes, .info = info, .err = err};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.wake, NULL);
    export_host_run(host, name, options, give_waiting_profile, finish_waiting,
                    &w);
    pthread_mutex_lock(&w.lock);
    while (!w.finished)
        pthread_cond_wait(&w.wake, &w.lock);
    pthread_mutex_unlock(&w.lock);
    pthread_cond_destroy(&w.wake);
    pthread_mutex_destroy(&w.lock);
    profile_free(w.profile);
    return w.succeeded;
}
