/* host.h -- the exporter thread: a Lua state that finds, checks and runs the
 * exporters, so that encoding a profile never blocks a worker.
 *
 * An exporter is a Lua file (docs/EXPORTERS.md). The folders are looked at
 * anew for each request, so that a file dropped in is served at once; a file
 * that does not load or does not check is refused with its name and the
 * reason, and the others go on.
 *
 * Path: session.c -> [host] -> http/pprof.c, cli/
 */
#ifndef EXPORT_HOST_H
#define EXPORT_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct export_host;
struct profile;

struct export_info {
    char name[64];         /* "folded" */
    char extension[32];    /* ".folded" */
    char content_type[64]; /* "text/plain; charset=utf-8" */
    char description[256];
    char path[512];        /* of its file */
    char problem[512];     /* why it was refused; empty: it works */
};

/* Start the thread. `dirs` is a NULL-terminated list of folders, of which a
 * later one's exporter replaces an earlier one's of the same name. */
struct export_host *export_host_new(const char *const *dirs, struct err *err);
void export_host_free(struct export_host *host);

/* All exporters, sorted by name, refused ones included; free the array with
 * free(). Blocks for the exporter thread. [any thread] */
bool export_host_list(struct export_host *host, struct export_info **infos,
                      size_t *n, struct err *err);

/* Is there a working exporter of this name? Fills `info`. If not, err says so
 * and lists the ones there are, or why the one of this name was refused. */
bool export_host_find(struct export_host *host, const char *name,
                      struct export_info *info, struct err *err);

/* Makes the profile; runs on the exporter thread. NULL and err: failed. */
typedef struct profile *(*export_source_fn)(void *ctx, struct err *err);
/* The result, on the exporter thread. `bytes` is NULL when it failed, and err
 * says why; else the callee may take the bytes by moving *bytes away. */
typedef void (*export_done_fn)(void *ctx, struct buf *bytes,
                               const struct export_info *info,
                               const struct err *err);

/* Queue: source(ctx), export with `name`, done(ctx). done is always called,
 * also when the host is being freed. [any thread] */
void export_host_run(struct export_host *host, const char *name,
                     export_source_fn source, export_done_fn done, void *ctx);

/* The same and wait; the caller keeps the profile. [any thread] */
bool export_host_export(struct export_host *host, const char *name,
                        const struct profile *profile, struct buf *bytes,
                        struct export_info *info, struct err *err);

#endif
