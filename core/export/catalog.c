#include "export/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <lua.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "export/exporter.h"
#include "sample/platform/own_work.h"
#include "script/state.h"

/* A file, with its state when it was last checked. */
struct entry {
    struct export_info info;
    struct timespec changed;
    off_t size;
    unsigned dir;  /* position of its folder: a later folder wins */
    unsigned seen; /* number of the last refresh that found the file */
};

struct catalog {
    pthread_mutex_t lock; /* guards the entries and the round */
    char **dirs;
    unsigned n_dirs;
    struct entry *entries;
    uint32_t n, n_allocated;
    unsigned round;
};

const char *catalog_default_dir(void) { return PERILUNE_EXPORTERS_DIR; }

struct catalog *catalog_new(const char *const *dirs, struct err *err)
{
    struct catalog *c = calloc(1, sizeof *c);
    unsigned n = 0;
    while (dirs[n])
        n++;
    if (c)
        c->dirs = calloc(n, sizeof *c->dirs);
    if (!c || (n > 0 && !c->dirs)) {
        free(c);
        err_set(err, "out of memory for the exporters");
        return NULL;
    }
    pthread_mutex_init(&c->lock, NULL);
    bool copied = true;
    for (; c->n_dirs < n; c->n_dirs++) {
        c->dirs[c->n_dirs] = strdup(dirs[c->n_dirs]);
        copied = copied && c->dirs[c->n_dirs];
    }
    if (copied)
        return c;
    err_set(err, "out of memory for the exporters");
    catalog_free(c);
    return NULL;
}

void catalog_free(struct catalog *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < c->n_dirs; i++)
        free(c->dirs[i]);
    free(c->dirs);
    free(c->entries);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* Returns the entry of the file at `path`, a new one if there is none, NULL if
 * out of memory. [lock] */
static struct entry *find_or_add_path(struct catalog *c, const char *path)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->entries[i].info.path, path) == 0)
            return &c->entries[i];
    struct entry *grown =
        array_grow(c->entries, c->n, &c->n_allocated, 16, sizeof *grown);
    if (!grown)
        return NULL;
    c->entries = grown;
    struct entry *e = &c->entries[c->n++];
    *e = (struct entry){.size = -1};
    return e;
}

/* [lock] */
static void check_exporter_file(struct catalog *c, unsigned dir,
                                const char *file)
{
    char path[sizeof((struct export_info *)0)->path];
    struct stat st;
    struct err err = {0};
    int n = snprintf(path, sizeof path, "%s/%s", c->dirs[dir], file);
    if (n >= (int)sizeof path || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    struct entry *e = find_or_add_path(c, path);
    if (!e)
        return;
    e->dir = dir;
    e->seen = c->round;
    if (e->size == st.st_size && e->changed.tv_sec == st.st_mtim.tv_sec &&
        e->changed.tv_nsec == st.st_mtim.tv_nsec)
        return;
    e->size = st.st_size;
    e->changed = st.st_mtim;
    lua_State *L = exporter_open(path, &e->info, &err);
    if (L) {
        script_state_free(L);
        return;
    }
    snprintf(e->info.problem, sizeof e->info.problem, "%s", err.message);
    if (!e->info.name[0])
        snprintf(e->info.name, sizeof e->info.name, "%.*s",
                 (int)strcspn(file, "."), file);
}

static bool is_lua_file(const char *name)
{
    size_t n = strlen(name);
    return name[0] != '.' && n > 4 && strcmp(name + n - 4, ".lua") == 0;
}

/* Orders entries by name. Among entries of one name, the entry that counts
 * comes first: of the last folder, and there one that works. */
static int by_exporter_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->info.name, y->info.name);
    if (order)
        return order;
    if (x->dir != y->dir)
        return x->dir > y->dir ? -1 : 1;
    bool x_works = !x->info.problem[0], y_works = !y->info.problem[0];
    if (x_works != y_works)
        return x_works ? -1 : 1;
    return strcmp(x->info.path, y->info.path);
}

/* Refuses the second of two working exporters of one name in one folder. */
static void refuse_duplicates(struct catalog *c)
{
    for (size_t i = 1; i < c->n; i++) {
        const struct export_info *first = &c->entries[i - 1].info;
        struct export_info *second = &c->entries[i].info;
        if (c->entries[i].dir == c->entries[i - 1].dir && !first->problem[0] &&
            !second->problem[0] && strcmp(first->name, second->name) == 0) {
            snprintf(second->problem, sizeof second->problem,
                     "exporter '%.200s': '%.200s' has the name '%s' already",
                     second->path, first->path, second->name);
            c->entries[i].size = -1; /* check again at the next refresh */
        }
    }
}

/* Reads the folders again. [lock] */
static bool read_folders(struct catalog *c, struct err *err)
{
    c->round++;
    for (unsigned i = 0; i < c->n_dirs; i++) {
        DIR *dir = opendir(c->dirs[i]);
        if (!dir)
            return err_set(err, "cannot read the exporters' folder '%s': %s",
                           c->dirs[i], strerror(errno));
        struct dirent *file;
        while ((file = readdir(dir)))
            if (is_lua_file(file->d_name))
                check_exporter_file(c, i, file->d_name);
        closedir(dir);
    }
    size_t kept = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->entries[i].seen == c->round)
            c->entries[kept++] = c->entries[i];
    c->n = kept;
    if (c->n > 0)
        qsort(c->entries, c->n, sizeof *c->entries, by_exporter_name);
    refuse_duplicates(c);
    return true;
}

/* The exporters are a part of the profiler, as are their states. [lock] */
static bool refresh_catalog(struct catalog *c, struct err *err)
{
    own_work_enter();
    bool ok = read_folders(c, err);
    own_work_leave();
    return ok;
}

/* Returns true if an exporter of a later folder has the same name. [lock] */
static bool is_hidden(const struct catalog *c, size_t i)
{
    return i > 0 &&
           strcmp(c->entries[i - 1].info.name, c->entries[i].info.name) == 0 &&
           c->entries[i - 1].dir > c->entries[i].dir;
}

bool catalog_list(struct catalog *c, struct export_info **infos, size_t *n,
                  struct err *err)
{
    pthread_mutex_lock(&c->lock);
    *n = 0;
    *infos = NULL;
    bool done = refresh_catalog(c, err);
    if (done && c->n > 0 && !(*infos = calloc(c->n, sizeof **infos)))
        done = err_set(err, "out of memory for the exporters");
    for (size_t i = 0; done && i < c->n; i++)
        if (!is_hidden(c, i))
            (*infos)[(*n)++] = c->entries[i].info;
    pthread_mutex_unlock(&c->lock);
    return done;
}

/* Sets err to "unknown format 'x': there are folded, pprof". [lock] */
static bool refuse_unknown_format(const struct catalog *c, const char *name,
                                  struct err *err)
{
    char known[512] = "";
    size_t n = 0;
    for (size_t i = 0; i < c->n && n < sizeof known; i++)
        if (!c->entries[i].info.problem[0] && !is_hidden(c, i))
            n += (size_t)snprintf(known + n, sizeof known - n, "%s%s",
                                  n ? ", " : "", c->entries[i].info.name);
    return err_set(err, "unknown format '%.64s': there are %s", name, known);
}

bool catalog_find(struct catalog *c, const char *name, struct export_info *info,
                  struct err *err)
{
    pthread_mutex_lock(&c->lock);
    bool found = false;
    const struct export_info *named = NULL;
    if (refresh_catalog(c, err)) {
        for (size_t i = 0; i < c->n && !named; i++)
            if (strcmp(c->entries[i].info.name, name) == 0)
                named = &c->entries[i].info;
        if (!named)
            refuse_unknown_format(c, name, err);
        else if (named->problem[0])
            err_set(err, "%s", named->problem);
        else
            found = true;
    }
    if (found)
        *info = *named;
    pthread_mutex_unlock(&c->lock);
    return found;
}
