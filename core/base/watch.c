#include "base/watch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SETTLE_MS 50      /* without an event, until files are looked at */
#define MAX_SETTLE_MS 400 /* from the first event on, whatever follows */

struct watched_folder {
    uv_fs_event_t event;
    struct watch *watch;
    struct watched_folder *next;
    ino_t inode;  /* a folder of the same name may take its place */
    bool is_seen; /* by the scan that runs */
    char path[];
};

static bool has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);
    return n >= m && strcmp(name + n - m, suffix) == 0;
}

/* FNV-1a, Fowler, Noll and Vo. */
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

static void free_folder(uv_handle_t *event) { free(event->data); }

static void look(uv_timer_t *timer);

static void on_event(uv_fs_event_t *event, const char *name, int events,
                     int status)
{
    (void)name;
    (void)events;
    (void)status;
    struct watch *w = ((struct watched_folder *)event->data)->watch;
    uint64_t now_ms = uv_now(w->loop);
    if (!w->first_event_ms)
        w->first_event_ms = now_ms;
    if (now_ms - w->first_event_ms < MAX_SETTLE_MS)
        uv_timer_start(&w->timer, look, SETTLE_MS, 0);
}

/* Watch the folder, if it is not watched yet. Returns 0 or libuv's error. */
static int keep_folder(struct watch *w, const char *path, ino_t inode)
{
    for (struct watched_folder *f = w->folders; f; f = f->next) {
        if (f->inode == inode && strcmp(f->path, path) == 0) {
            f->is_seen = true;
            return 0;
        }
    }
    size_t size = strlen(path) + 1;
    struct watched_folder *f = calloc(1, sizeof *f + size);
    if (!f)
        return UV_ENOMEM;
    f->watch = w;
    f->inode = inode;
    f->is_seen = true;
    memcpy(f->path, path, size);
    uv_fs_event_init(w->loop, &f->event);
    f->event.data = f;
    f->next = w->folders;
    w->folders = f;
    return uv_fs_event_start(&f->event, on_event, path, 0);
}

static void drop_unseen(struct watch *w)
{
    for (struct watched_folder **at = &w->folders; *at;) {
        struct watched_folder *f = *at;
        if (f->is_seen) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        uv_close((uv_handle_t *)&f->event, free_folder);
    }
}

/* Sum up the files below `path`, in whatever order they come, and watch its
 * folders. Returns 0 or libuv's error for the folder itself. */
static int scan(struct watch *w, const char *path, int depth, uint64_t *state)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return uv_translate_sys_error(errno);
    int status = keep_folder(w, path, st.st_ino);
    DIR *folder = opendir(path);
    if (!folder)
        return uv_translate_sys_error(errno);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char file[4096];
        int n = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || (size_t)n >= sizeof file ||
            stat(file, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth < WATCH_MAX_DEPTH)
            scan(w, file, depth + 1, state);
        else if (S_ISREG(st.st_mode) && has_suffix(file, w->suffix))
            *state += hash_file(file, &st);
    }
    closedir(folder);
    return status;
}

static int scan_all(struct watch *w, uint64_t *state)
{
    *state = 0;
    for (struct watched_folder *f = w->folders; f; f = f->next)
        f->is_seen = false;
    int status = scan(w, w->dir, 0, state);
    drop_unseen(w);
    return status;
}

static void look(uv_timer_t *timer)
{
    struct watch *w = timer->data;
    uint64_t state;
    w->first_event_ms = 0;
    scan_all(w, &state);
    if (state == w->state)
        return;
    w->state = state;
    w->changed(w->ctx);
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
    int status = scan_all(w, &w->state);
    if (status == 0)
        return true;
    watch_close(w);
    return err_set(err, "cannot watch %s: %s", dir, uv_strerror(status));
}

void watch_close(struct watch *w)
{
    for (struct watched_folder *f = w->folders; f; f = f->next)
        f->is_seen = false;
    drop_unseen(w);
    uv_close((uv_handle_t *)&w->timer, NULL);
}
