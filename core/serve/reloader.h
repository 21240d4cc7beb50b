/* reloader.h -- gives the workers new apps when the scripts change, or on
 * SIGHUP.
 *
 * Threads of libuv's pool load and free apps, so that neither a worker nor the
 * admin thread waits for scripts; only the first apps are loaded on the admin
 * thread, before the workers start. If the scripts do not load, all workers
 * keep their apps, the failure is logged (reload_failed) and counted
 * (/metrics), and the next change or SIGHUP tries again. A worker has two apps
 * at most: as long as its last app has not ended, it gets no further one. A
 * worker that is stuck therefore keeps its old scripts and holds up no other
 * worker; when it is free again it first serves the app that was given to it,
 * and then loads the newest scripts.
 *
 *     loaded -> current -> retiring -> old, freed
 *
 * All functions are called on the loop's thread.
 *
 * Path: base/watch.c, server.c -> [reloader] -> app.c -> worker.c
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
    const char *dir; /* the folder of routes.lua */
    bool dev;
    bool watches; /* reloads when a .lua file below `dir` changes */
};

struct reloader {
    struct reloader_options options;
    struct reloader_slot *slots; /* one for each worker */
    int n_slots;
    struct watch watch;
    bool is_watching, is_loading, is_stopping;
    int n_stale;               /* loads in a row that were not used */
    struct err watch_err;      /* set if it should watch and does not */
    uint64_t n_done, n_failed; /* reloads since the start */
};

/* Starts for `n` workers, and watches the scripts if that is possible. Returns
 * false and sets err if out of memory. */
bool reloader_open(struct reloader *r, const struct reloader_options *options,
                   int n, struct err *err);

/* Loads the first app of worker `number`, from 1, which the caller owns.
 * Returns NULL and sets err, with file and line, if the scripts do not load. */
struct app *reloader_load(const struct reloader *r, int number,
                          struct err *err);

/* Adds a worker, which serves with `app` now and gets the next apps. */
void reloader_add(struct reloader *r, int number, struct worker *worker,
                  const struct app *app);

/* The memory of a worker's Lua states: bytes held now; bytes allocated and
 * collections done since the start, also by states that are freed. */
struct reloader_memory {
    int64_t used_bytes, allocated_bytes, n_collections;
};
struct reloader_memory reloader_memory(const struct reloader *r, int number);

/* Reloads now, or for each worker as soon as it may get another app. */
void reloader_request(struct reloader *r);

/* Frees an app that a worker gives back. */
void reloader_retired(struct reloader *r, int number, struct app *app);

/* Gives the workers no more apps. The struct stays in place until the loop has
 * run to its end. */
void reloader_close(struct reloader *r);

/* Frees what is left, after that. */
void reloader_free(struct reloader *r);

#endif
