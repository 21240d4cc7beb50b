/* host.h -- runs exporters on a thread of its own, so that encoding a profile
 * never blocks a worker.
 *
 * An exporter is a Lua file (docs/EXPORTERS.md). catalog.c finds and checks
 * them.
 *
 * Path: session.c, pprof_read.c -> [host] -> http/, cli/
 */
#ifndef EXPORT_HOST_H
#define EXPORT_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "export/catalog.h"

struct export_host;
struct profile;

/* Start the thread. `dirs` is a NULL-terminated list of folders (copied); see
 * catalog_new. */
struct export_host *export_host_new(const char *const *dirs, struct err *err);
/* Finish what is queued, and end the thread. */
void export_host_free(struct export_host *host);

/* As catalog_list and catalog_find. Do not wait for the thread. [any thread] */
bool export_host_list(struct export_host *host, struct export_info **infos,
                      size_t *n, struct err *err);
bool export_host_find(struct export_host *host, const char *name,
                      struct export_info *info, struct err *err);

/* Makes the profile; runs on the exporter thread. NULL and err: failed. */
typedef struct profile *(*export_source_fn)(void *ctx, struct err *err);
/* The result, on the exporter thread. `bytes` is NULL when it failed, and err
 * says why; else the callee may take the bytes by moving *bytes away. */
typedef void (*export_done_fn)(void *ctx, struct buf *bytes,
                               const struct export_info *info,
                               const struct err *err);

/* Queue: source(ctx), export with `name`, done(ctx). `options` is what the
 * exporter gets as its options table, written as a URL's query
 * ("sample_index=samples&x=1"), NULL for none. done is always called, also
 * when the host is being freed. [any thread] */
void export_host_run(struct export_host *host, const char *name,
                     const char *options, export_source_fn source,
                     export_done_fn done, void *ctx);

/* The same with a profile at hand, which is freed, and wait. Appends to
 * `bytes`. [any thread but the exporter's] */
bool export_host_export(struct export_host *host, const char *name,
                        const char *options, struct profile *profile,
                        struct buf *bytes, struct export_info *info,
                        struct err *err);

#endif
