/* export_queue.h -- runs exporters on a thread of its own, so that encoding a
 * profile never blocks a worker.
 *
 * Jobs run one after another, in the order in which they were queued. A job
 * makes its profile on the exporter thread too: ending a session and naming its
 * addresses can take long. exporter.h limits the time of a job's export.
 *
 * The queue has no bound of its own: each capture or command queues one job and
 * waits for it.
 *
 * Path: pprof/capture.c, cli/ -> [export_queue] -> catalog.c, exporter.c
 */
#ifndef EXPORT_EXPORT_QUEUE_H
#define EXPORT_EXPORT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "export/catalog.h"

struct export_queue;
struct profile;

/* Starts the exporter thread. `dirs` is as in catalog_new. Returns NULL and
 * sets err if memory is short or the thread cannot be started. */
struct export_queue *export_queue_new(const char *const *dirs, struct err *err);
/* Runs the jobs that are queued, then ends the thread. Ignores NULL. Does
 * nothing in a forked child, which has no such thread. */
void export_queue_free(struct export_queue *queue);

/* Do what catalog_list and catalog_find do, on the calling thread. They wait
 * while another thread loads exporter files, but for no export. [any thread
 * that may wait] */
bool export_queue_list(struct export_queue *queue, struct export_info **infos,
                       size_t *n, struct err *err);
bool export_queue_find(struct export_queue *queue, const char *name,
                       struct export_info *info, struct err *err);

/* Makes the profile of a job. Called on the exporter thread. Returns NULL and
 * sets err on failure. */
typedef struct profile *(*export_source_fn)(void *ctx, struct err *err);
/* Receives the result of a job. Called on the exporter thread. `bytes` is NULL
 * if the job failed, and err says why; otherwise the callee may take the bytes
 * by moving *bytes away. */
typedef void (*export_done_fn)(void *ctx, struct buf *bytes,
                               const struct export_info *info,
                               const struct err *err);

/* Queues a job: source(ctx), then the exporter `name`, then done(ctx).
 * `options` is the exporter's options table, written as a URL's query
 * ("sample_index=samples&x=1"), or NULL. `done` is always called, even while
 * the queue is being freed. [any thread] */
void export_queue_run(struct export_queue *queue, const char *name,
                      const char *options, export_source_fn source,
                      export_done_fn done, void *ctx);

/* Exports a profile, which is freed, and waits for the result. Appends it to
 * `bytes` and fills `info`. Returns false and sets err on failure. [any thread
 * but the exporter's] */
bool export_queue_wait(struct export_queue *queue, const char *name,
                       const char *options, struct profile *profile,
                       struct buf *bytes, struct export_info *info,
                       struct err *err);

#endif
