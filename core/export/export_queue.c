#include "export/export_queue.h"

#include <lua.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "base/vm_malloc.h"
#include "export/exporter.h"
#include "profile/profile.h"
#include "sample/platform/own_work.h"
#include "sample/platform/quiet.h"
#include "sample/walk/attach.h"
#include "script/state.h"

struct job {
    struct job *next;
    char name[64];
    char *options;
    export_source_fn source;
    export_done_fn done;
    void *ctx;
};

struct export_queue {
    struct catalog *catalog;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the jobs and is_stopping */
    pthread_cond_t wake;
    struct job *first, **last;
    bool is_stopping;
};

/* An export of a large profile uses tens of MiB for a moment, which the
 * allocators would keep, so the memory is given back after each export. */
static void run_job(struct export_queue *queue, const struct job *job)
{
    struct err err = {0};
    struct export_info info = {0};
    struct buf bytes = BUF_INIT;
    struct profile *profile = NULL;
    lua_State *L = NULL;
    bool done = catalog_find(queue->catalog, job->name, &info, &err) &&
                (profile = job->source(job->ctx, &err)) &&
                (L = exporter_open(info.path, &info, &err)) &&
                exporter_run(L, profile, job->options, &bytes, &err);
    if (L)
        script_state_free(L);
    profile_free(profile);
    job->done(job->ctx, done ? &bytes : NULL, &info, &err);
    buf_fini(&bytes);
    vm_malloc_trim();
}

static void job_free(struct job *job)
{
    free(job->options);
    free(job);
}

static void *export_queue_main(void *arg)
{
    struct export_queue *queue = arg;
    own_work_enter();
    attach_thread(NULL, NULL);
    pthread_mutex_lock(&queue->lock);
    for (;;) {
        quiet_enter(); /* an idle thread is not a blocked one */
        while (!queue->first && !queue->is_stopping)
            pthread_cond_wait(&queue->wake, &queue->lock);
        quiet_leave();
        struct job *job = queue->first;
        if (!job)
            break;
        queue->first = job->next;
        if (!queue->first)
            queue->last = &queue->first;
        pthread_mutex_unlock(&queue->lock);
        run_job(queue, job);
        job_free(job);
        pthread_mutex_lock(&queue->lock);
    }
    pthread_mutex_unlock(&queue->lock);
    detach_thread();
    return NULL;
}

struct export_queue *export_queue_new(const char *const *dirs, struct err *err)
{
    struct export_queue *queue = calloc(1, sizeof *queue);
    if (!queue) {
        err_set(err, "out of memory for the exporters");
        return NULL;
    }
    queue->last = &queue->first;
    queue->catalog = catalog_new(dirs, err);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->wake, NULL);
    int failed = queue->catalog ? pthread_create(&queue->thread, NULL,
                                                 export_queue_main, queue)
                                : -1;
    if (failed == 0) {
        pthread_setname_np(queue->thread, "exporter");
        return queue;
    }
    if (failed > 0)
        err_set(err, "cannot start the exporter thread: %s", strerror(failed));
    catalog_free(queue->catalog);
    free(queue);
    return NULL;
}

void export_queue_free(struct export_queue *queue)
{
    if (!queue || fork_is_child())
        return;
    pthread_mutex_lock(&queue->lock);
    queue->is_stopping = true;
    pthread_cond_signal(&queue->wake);
    pthread_mutex_unlock(&queue->lock);
    pthread_join(queue->thread, NULL);
    catalog_free(queue->catalog);
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->wake);
    free(queue);
}

bool export_queue_list(struct export_queue *queue, struct export_info **infos,
                       size_t *n, struct err *err)
{
    return catalog_list(queue->catalog, infos, n, err);
}

bool export_queue_find(struct export_queue *queue, const char *name,
                       struct export_info *info, struct err *err)
{
    return catalog_find(queue->catalog, name, info, err);
}

void export_queue_run(struct export_queue *queue, const char *name,
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
    pthread_mutex_lock(&queue->lock);
    *queue->last = job;
    queue->last = &job->next;
    pthread_cond_signal(&queue->wake);
    pthread_mutex_unlock(&queue->lock);
}

/* ---- export_queue_wait: a job whose caller waits */

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

bool export_queue_wait(struct export_queue *queue, const char *name,
                       const char *options, struct profile *profile,
                       struct buf *bytes, struct export_info *info,
                       struct err *err)
{
    struct waiting w = {
        .profile = profile, .bytes = bytes, .info = info, .err = err};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.wake, NULL);
    export_queue_run(queue, name, options, give_waiting_profile, finish_waiting,
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
