/* watch.h -- tells when the files below a folder change: written, made,
 * renamed, removed.
 *
 * The kernel's events only say when to look: what counts is the state of the
 * files, so that an editor's temporary files are no change, and one that
 * saves by renaming is; a file that has just been emptied is about to be
 * written, and is waited for. Folders that begin with a dot are left out. A
 * file that a link points to, outside the folder, is not watched.
 */
#ifndef BASE_WATCH_H
#define BASE_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

#define WATCH_MAX_DEPTH 8 /* of folders in folders */

struct watched_folder;

struct watch {
    uv_loop_t *loop;
    uv_timer_t timer;
    const char *dir;
    const char *suffix;
    void (*changed)(void *ctx);
    void *ctx;
    struct watched_folder *folders;
    uint64_t state;          /* of the files, hashed */
    uint64_t first_event_ms; /* not acted on yet; 0: none */
};

/* Call `changed` when files of that suffix below `dir` change, some 50 ms
 * later, once for changes that come together. False and err when the folder
 * cannot be watched. Strings outlive the watch; the struct stays in place
 * until the loop has run after watch_close. [the loop's thread] */
bool watch_open(struct watch *watch, uv_loop_t *loop, const char *dir,
                const char *suffix, void (*changed)(void *ctx), void *ctx,
                struct err *err);

/* The state of the files now: a number that changes with them. [the loop's
 * thread] */
uint64_t watch_state(struct watch *watch);

void watch_close(struct watch *watch);

#endif
