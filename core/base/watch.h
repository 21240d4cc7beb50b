/* watch.h -- calls a function when the files below a folder change: when a file
 * is written, made, renamed or removed.
 *
 * An event of the kernel only starts a check. The check hashes the names and
 * states of all files and compares the hash with that of the last check. So the
 * temporary files of an editor are no change, and an editor that saves by
 * renaming is noticed. A file that has just been emptied is about to be
 * written, and the check is repeated until it has bytes or is a second old.
 * Folders whose names begin with a dot are left out. If a link in the folder
 * points to a file outside the folder, changes of that file are not noticed.
 *
 * Path: [watch] -> serve/reloader.c
 */
#ifndef BASE_WATCH_H
#define BASE_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

#define WATCH_MAX_DEPTH 8 /* folders nested deeper are not watched */

struct watched_folder;

struct watch {
    uv_loop_t *loop;
    uv_timer_t timer;   /* delays the check until the events pause */
    const char *dir;    /* the caller's */
    const char *suffix; /* files with other suffixes do not count */
    void (*changed)(void *ctx);
    void *ctx;
    struct watched_folder *folders;
    uint64_t state;          /* hash of the files at the last check */
    uint64_t first_event_ms; /* first event since that check; 0: none */
};

/* Calls `changed` about 50 ms after files with the suffix `suffix` below `dir`
 * have changed, once for changes that come together. Returns false and sets err
 * if the folder cannot be watched. The strings must outlive the watch, and the
 * struct must stay in place until the loop has run after watch_close.
 * [the loop's thread] */
bool watch_open(struct watch *watch, uv_loop_t *loop, const char *dir,
                const char *suffix, void (*changed)(void *ctx), void *ctx,
                struct err *err);

/* Returns the hash of the files as they are now. [the loop's thread] */
uint64_t watch_state(struct watch *watch);

/* Stops watching. [the loop's thread] */
void watch_close(struct watch *watch);

#endif
