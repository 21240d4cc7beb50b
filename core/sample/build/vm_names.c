#include "sample/build/vm_names.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/index.h"
#include "profile/profile.h"
#include "sample/tables/chunk_names.h"
#include "sample/tables/vm_functions.h"

enum { MAX_FILE = 64 * 1024 * 1024 };

/* A source file as it is now. */
struct source_file {
    struct source_file *next;
    char *source; /* the chunk's name, "@path" */
    bool is_readable;
    struct chunk_names now; /* empty if Lua cannot compile the file */
    unsigned n_changed;     /* functions of the profile that it has no more */
};

struct vm_names {
    struct source_file *files;
    const struct vm_function **checked; /* each function once */
    uint32_t n_checked, n_allocated;
    struct index index_of_checked;
    unsigned n_without_record;
};

struct vm_names *vm_names_new(void)
{
    return calloc(1, sizeof(struct vm_names));
}

void vm_names_free(struct vm_names *names)
{
    for (struct source_file *file = names ? names->files : NULL, *next; file;
         file = next) {
        next = file->next;
        free(file->source);
        chunk_names_free(&file->now);
        free(file);
    }
    if (names) {
        free(names->checked);
        index_fini(&names->index_of_checked);
    }
    free(names);
}

/* Returns NULL unless the path is a regular file. A chunk may be named after a
 * pipe or a terminal (/dev/stdin): reading it could block, or take input that
 * the script expects. */
static FILE *open_source(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    FILE *file =
        fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
    if (!file)
        close(fd);
    return file;
}

/* Returns the text, which ends with NUL, and its length in *n. Returns NULL if
 * the file cannot be read. The caller frees the text. */
static char *read_source(const char *path, size_t *n_bytes)
{
    struct buf text = BUF_INIT;
    FILE *file = open_source(path);
    char block[4096];
    size_t n;
    while (file && text.len < MAX_FILE &&
           (n = fread(block, 1, sizeof block, file)) > 0)
        buf_append(&text, block, n);
    if (file)
        fclose(file);
    if (!file || !buf_cstr(&text))
        buf_fini(&text);
    *n_bytes = text.len;
    return text.data;
}

/* Returns the length of what Lua's loaders skip at the start of a file: a mark
 * of UTF-8, and a first line that begins with '#', without its line end. */
static size_t skipped_start(const char *text)
{
    size_t n = strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    return text[n] == '#' ? n + strcspn(text + n, "\n") : n;
}

static void read_functions(struct source_file *file)
{
    size_t n;
    char *text = read_source(file->source + 1, &n);
    file->is_readable = text != NULL;
    if (!text)
        return;
    size_t skipped = skipped_start(text);
    chunk_names_read(&file->now, file->source, text + skipped, n - skipped);
    free(text);
}

static struct source_file *get_file(struct vm_names *names, const char *source)
{
    for (struct source_file *file = names->files; file; file = file->next)
        if (strcmp(file->source, source) == 0)
            return file;
    struct source_file *file = calloc(1, sizeof *file);
    if (file && !(file->source = strdup(source))) {
        free(file);
        file = NULL;
    }
    if (!file)
        return NULL;
    read_functions(file);
    file->next = names->files;
    names->files = file;
    return file;
}

/* Returns true if the file still has the function, with the same text in the
 * same line. */
static bool has_function(const struct source_file *file,
                         const struct vm_function *function)
{
    for (uint32_t i = 0; i < file->now.n; i++) {
        const struct chunk_name *f = &file->now.functions[i];
        if (f->line == function->line_defined && f->text == function->text &&
            strcmp(f->name, function->name) == 0)
            return true;
    }
    return false;
}

static bool is_checked(const void *ctx, const void *key, uint32_t position)
{
    const struct vm_names *names = ctx;
    return names->checked[position] == key;
}

/* Returns true if the function is new to this profile. Functions that do not
 * fit into memory are not. */
static bool add_checked(struct vm_names *names,
                        const struct vm_function *function)
{
    struct index *index = &names->index_of_checked;
    uint64_t hash = index_hash(&function, sizeof function, 0);
    if (index_find(index, hash, is_checked, names, function) != INDEX_NONE)
        return false;
    const struct vm_function **grown =
        array_grow(names->checked, names->n_checked, &names->n_allocated, 64,
                   sizeof *grown);
    if (!grown)
        return false;
    names->checked = grown;
    if (!index_add(index, hash, names->n_checked))
        return false;
    grown[names->n_checked++] = function;
    return true;
}

/* Counts the function if it is not recorded, or no longer in its file. */
static void check_function(struct vm_names *names,
                           const struct vm_function *function)
{
    if (!add_checked(names, function))
        return;
    if (!function->name && function->line_defined > 0)
        names->n_without_record++;
    if (!function->name || !function->text || *function->source != '@')
        return;
    struct source_file *file = get_file(names, function->source);
    if (file && !has_function(file, function))
        file->n_changed++;
}

static void put_name(const struct vm_function *function, const char *base,
                     char *out, size_t size)
{
    const char *name = function->name ? function->name : "";
    if (*name && *name != '#')
        snprintf(out, size, "%s", name);
    else if (function->line_defined == 0)
        snprintf(out, size, "main@%s", base);
    else
        snprintf(out, size, "anonymous@%s:%d%s", base, function->line_defined,
                 name);
}

void vm_names_get(struct vm_names *names, const struct vm_function *function,
                  char *name, size_t name_size, char *file, size_t file_size)
{
    const char *source = function->source;
    const char *base = source + (*source == '@' || *source == '=');
    char resolved[PATH_MAX];
    check_function(names, function);
    if (*source == '@') {
        snprintf(file, file_size, "%s",
                 realpath(base, resolved) ? resolved : base);
        const char *slash = strrchr(base, '/');
        base = slash ? slash + 1 : base;
    } else {
        snprintf(file, file_size, "%s", base);
    }
    put_name(function, base, name, name_size);
}

void vm_names_add_comments(const struct vm_names *names,
                           struct profile *profile)
{
    char text[PATH_MAX + 256];
    for (const struct source_file *file = names->files; file;
         file = file->next) {
        if (file->n_changed == 0)
            continue;
        snprintf(text, sizeof text,
                 "%s %s: functions of this profile that are not in it: %u; "
                 "their names and lines are those of the text that was loaded, "
                 "and source listings show other text",
                 file->source + 1,
                 file->is_readable ? "has changed since it was loaded"
                                   : "cannot be read any more",
                 file->n_changed);
        profile_add_comment(profile, text);
    }
    if (names->n_without_record == 0)
        return;
    snprintf(text, sizeof text,
             "functions known by file and line only: %u; their Lua release is "
             "unknown, their state is not perilune's, or memory was short",
             names->n_without_record);
    profile_add_comment(profile, text);
}
