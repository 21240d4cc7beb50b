/* reloader.h -- gives the workers new apps: when the scripts change, or on
 * demand.
 *
 * Apps are loaded and freed by libuv's pool, so that neither a worker nor the
 * admin waits for it. When one does not load, all workers keep theirs. A
 * worker whose last app has not come to its end yet gets its next one after
 * that: it has two at most.
 *
 * Path: watch.c, SIGHUP -> [reloader] -> app.c -> worker.c
 */
#ifndef SERVE_RELOADER_H
#define SERVE_RELOADER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/watch.h"

struct app;
struct worker;

struct reloader_options {
    uv_loop_t *loop;
    const char *dir; /* of routes.lua */
    bool dev;
    bool watches; /* reload when a .lua file below `dir` changes */
};

struct reloader {
    struct reloader_options options;
    struct reloader_slot *slots; /* one for each worker */
    int n_slots;
    struct watch watch;
    bool is_watching, is_loading, is_stopping;
    int n_stale;               /* loads in a row that were not used */
    struct err watch_err;      /* why it is not watching, though it should */
    uint64_t n_done, n_failed; /* reloads, since the start */
};

/* For `n` workers, watching from now on if it can. False and err when out of
 * memory. All of this: [the loop's thread]. */
bool reloader_open(struct reloader *r, const struct reloader_options *options,
                   int n, struct err *err);

/* The first app of worker `number` (from 1), the caller's. NULL and err, with
 * file and line, when it does not load. */
struct app *reloader_load(const struct reloader *r, int number,
                          struct err *err);

/* Give its next apps to this worker, which serves with `app` now. */
void reloader_add(struct reloader *r, int number, struct worker *worker,
                  const struct app *app);

/* Memory of the Lua states of a worker: bytes held now; bytes ever asked for
 * and collections done, by states that are gone too. */
struct reloader_memory {
    int64_t used_bytes, allocated_bytes, n_collections;
};
struct reloader_memory reloader_memory(const struct reloader *r, int number);

/* Reload now, or as soon as a worker may have another app. */
void reloader_request(struct reloader *r);

/* A worker gives back an app, to be freed. */
void reloader_retired(struct reloader *r, int number, struct app *app);

/* Give nothing to the workers any more. The struct stays in place until the
 * loop has run to its end. */
void reloader_close(struct reloader *r);

/* After that. */
void reloader_free(struct reloader *r);

#endif
