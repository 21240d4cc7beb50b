#include "base/watch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"

#define SETTLE_MS 50      /* from the last event to the check */
#define MAX_SETTLE_MS 400 /* from the first event to the check at most */
#define EMPTY_MS 1000     /* an older empty file is not being saved */

struct watched_folder {
    uv_fs_event_t event;
    struct watch *watch;
    struct watched_folder *next;
    /* For a folder above the watch's folder: the only entry whose events count,
     * a part of watch->dir. NULL: the events of all entries count. */
    const char *child;
    size_t child_len;
};

static bool has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);
    return n >= m && strcmp(name + n - m, suffix) == 0;
}

/* FNV-1a by Fowler, Noll and Vo. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    while (n--)
        hash = (hash ^ *at++) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_file(const char *path, const struct stat *st)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    hash = hash_bytes(hash, path, strlen(path));
    hash = hash_bytes(hash, &st->st_ino, sizeof st->st_ino);
    hash = hash_bytes(hash, &st->st_size, sizeof st->st_size);
    return hash_bytes(hash, &st->st_mtim, sizeof st->st_mtim);
}

static void check_files(uv_timer_t *timer);

/* Returns true if an event of the entry `name` of the folder counts. */
static bool concerns(const struct watched_folder *f, const char *name)
{
    return !f->child || (name && strlen(name) == f->child_len &&
                         memcmp(name, f->child, f->child_len) == 0);
}

static void on_event(uv_fs_event_t *event, const char *name, int events,
                     int status)
{
    (void)events;
    (void)status;
    struct watched_folder *f = event->data;
    struct watch *w = f->watch;
    if (!concerns(f, name))
        return;
    uint64_t now_ms = uv_now(w->loop);
    if (!w->first_event_ms)
        w->first_event_ms = now_ms;
    if (now_ms - w->first_event_ms < MAX_SETTLE_MS)
        uv_timer_start(&w->timer, check_files, SETTLE_MS, 0);
}

/* Watches one folder. Returns 0 or libuv's error. */
static int add_folder(struct watch *w, const char *path, const char *child,
                      size_t child_len)
{
    struct watched_folder *f = calloc(1, sizeof *f);
    if (!f)
        return UV_ENOMEM;
    *f = (struct watched_folder){
        .watch = w, .next = w->folders, .child = child, .child_len = child_len};
    uv_fs_event_init(w->loop, &f->event);
    f->event.data = f;
    w->folders = f;
    return uv_fs_event_start(&f->event, on_event, path, 0);
}

/* Watches each name of the folder's path in the folder above: the folder may be
 * moved away and come back, and its path may contain links that are changed. A
 * folder above that may not be read is not watched. */
static void add_way(struct watch *w)
{
    const char *name = w->dir + strspn(w->dir, "/");
    while (*name) {
        char path[4096] = ".";
        size_t len = strcspn(name, "/");
        if (name > w->dir)
            snprintf(path, sizeof path, "%.*s", (int)(name - w->dir), w->dir);
        add_folder(w, path, name, len);
        name += len;
        name += strspn(name, "/");
    }
}

static void free_folder(uv_handle_t *event) { free(event->data); }

static void close_folders(struct watched_folder *folders)
{
    while (folders) {
        struct watched_folder *next = folders->next;
        uv_close((uv_handle_t *)&folders->event, free_folder);
        folders = next;
    }
}

/* The result of a pass over all files. */
struct scan_result {
    uint64_t state;   /* the sum of the hashes of the files */
    bool has_emptied; /* a file has just been emptied */
    bool watches;     /* input: the pass also watches each folder */
};

/* Returns true if the file was emptied within the last second. Most programs
 * save a file by emptying it and writing it anew. */
static bool is_emptied(const struct stat *st)
{
    int64_t changed_ns =
        (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    int64_t age_ns = clock_wall_ns() - changed_ns;
    return st->st_size == 0 && age_ns >= 0 &&
           age_ns < EMPTY_MS * INT64_C(1000000);
}

/* Adds the files below `path` to the result. The order of the files does not
 * matter. Returns 0 or libuv's error for the folder itself. */
static int scan_folder(struct watch *w, const char *path, int depth,
                       struct scan_result *result)
{
    struct stat st;
    int status = result->watches ? add_folder(w, path, NULL, 0) : 0;
    DIR *folder = opendir(path);
    if (!folder)
        return uv_translate_sys_error(errno);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char file[4096];
        int n = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || (size_t)n >= sizeof file ||
            stat(file, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth < WATCH_MAX_DEPTH) {
            scan_folder(w, file, depth + 1, result);
        } else if (S_ISREG(st.st_mode) && has_suffix(file, w->suffix)) {
            result->state += hash_file(file, &st);
            result->has_emptied |= is_emptied(&st);
        }
    }
    closedir(folder);
    return status;
}

/* Reads all files and watches all folders anew: a path, and even an inode, may
 * belong to another folder now. The old watches are closed last, so that no
 * event is missed. */
static int rescan_all(struct watch *w, struct scan_result *result)
{
    struct watched_folder *old = w->folders;
    w->folders = NULL;
    *result = (struct scan_result){.watches = true};
    add_way(w);
    int status = scan_folder(w, w->dir, 0, result);
    close_folders(old);
    return status;
}

static void check_files(uv_timer_t *timer)
{
    struct watch *w = timer->data;
    struct scan_result result;
    w->first_event_ms = 0;
    rescan_all(w, &result);
    if (result.has_emptied) {
        uv_timer_start(timer, check_files, SETTLE_MS, 0);
        return;
    }
    if (result.state == w->state)
        return;
    w->state = result.state;
    w->changed(w->ctx);
}

uint64_t watch_state(struct watch *w)
{
    struct scan_result result = {0};
    scan_folder(w, w->dir, 0, &result);
    return result.state;
}

bool watch_open(struct watch *w, uv_loop_t *loop, const char *dir,
                const char *suffix, void (*changed)(void *ctx), void *ctx,
                struct err *err)
{
    *w = (struct watch){.loop = loop,
                        .dir = dir,
                        .suffix = suffix,
                        .changed = changed,
                        .ctx = ctx};
    uv_timer_init(loop, &w->timer);
    w->timer.data = w;
    struct scan_result result;
    int status = rescan_all(w, &result);
    w->state = result.state;
    if (status == 0)
        return true;
    watch_close(w);
    return err_set(err, "cannot watch %s: %s", dir, uv_strerror(status));
}

void watch_close(struct watch *w)
{
    close_folders(w->folders);
    w->folders = NULL;
    uv_close((uv_handle_t *)&w->timer, NULL);
}
