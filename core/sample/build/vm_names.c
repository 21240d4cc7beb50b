#include "sample/build/vm_names.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "sample/tables/vm_functions.h"

enum { MAX_FILE = 4 * 1024 * 1024 };

/* A source file with the starts of its lines. The text ends with NUL. */
struct source_file {
    struct source_file *next;
    char *path; /* as in the chunk's name */
    char *text; /* NULL: cannot be read */
    const char **lines;
    int n_lines;
    char returned[64]; /* NAME in the `return NAME` that ends the file, or "" */
};

struct vm_names {
    struct source_file *files;
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
        free(file->path);
        free(file->text);
        free(file->lines);
        free(file);
    }
    free(names);
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static const char *skip_blank(const char *s)
{
    while (*s == ' ' || *s == '\t')
        s++;
    return s;
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

static char *read_source(const char *path)
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
    return text.data;
}

static void find_lines(struct source_file *file)
{
    int n = 1;
    for (const char *c = file->text; *c; c++)
        n += *c == '\n';
    file->lines = calloc((size_t)n, sizeof *file->lines);
    if (!file->lines)
        return;
    const char *start = file->text;
    for (int i = 0; i < n; i++) {
        file->lines[i] = start;
        const char *end = strchr(start, '\n');
        start = end ? end + 1 : start;
    }
    file->n_lines = n;
}

/* Finds the name of the module's table, which stands in the last `return NAME`
 * without indentation. */
static void find_returned(struct source_file *file)
{
    for (int i = file->n_lines - 1; i >= 0; i--) {
        const char *line = file->lines[i];
        if (strncmp(line, "return ", 7) != 0)
            continue;
        const char *name = skip_blank(line + 7);
        size_t n = 0;
        while (is_name_char(name[n]))
            n++;
        const char *rest = skip_blank(name + n);
        bool alone = *rest == '\0' || *rest == '\n' || *rest == '\r';
        if (alone && n < sizeof file->returned)
            memcpy(file->returned, name, n);
        return;
    }
}

static struct source_file *get_file(struct vm_names *names, const char *path)
{
    for (struct source_file *file = names->files; file; file = file->next)
        if (strcmp(file->path, path) == 0)
            return file;
    struct source_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->path = strdup(path);
    file->text = read_source(path);
    if (!file->path) {
        free(file->text);
        free(file);
        return NULL;
    }
    if (file->text) {
        find_lines(file);
        find_returned(file);
    }
    file->next = names->files;
    names->files = file;
    return file;
}

/* Returns the keyword `function` in a line, or NULL. */
static const char *find_keyword(const char *line, const char *end)
{
    static const char word[] = "function";
    size_t n = sizeof word - 1;
    for (const char *c = line; c + n <= end; c++)
        if (memcmp(c, word, n) == 0 && (c == line || !is_name_char(c[-1])) &&
            (c + n == end || !is_name_char(c[n])))
            return c;
    return NULL;
}

/* Returns the dotted name that ends just before `end`, as in `M.sort = `, and
 * its length in *n. */
static const char *name_before(const char *line, const char *end, size_t *n)
{
    const char *c = end;
    while (c > line && (c[-1] == ' ' || c[-1] == '\t'))
        c--;
    const char *name = c;
    while (name > line && (is_name_char(name[-1]) || name[-1] == '.'))
        name--;
    *n = (size_t)(c - name);
    return name;
}

/* Returns the name of the function that begins in this line, and its length in
 * *n. The name stands after the keyword, or before the `=` that precedes the
 * keyword. Returns NULL if there is none. */
static const char *declared_name(const char *line, const char *end, size_t *n)
{
    const char *keyword = find_keyword(line, end);
    if (!keyword)
        return NULL;
    const char *name = skip_blank(keyword + strlen("function"));
    *n = 0;
    while (name + *n < end &&
           (is_name_char(name[*n]) || name[*n] == '.' || name[*n] == ':'))
        ++*n;
    if (*n > 0)
        return name;
    const char *c = keyword;
    while (c > line && (c[-1] == ' ' || c[-1] == '\t'))
        c--;
    if (c == line || c[-1] != '=')
        return NULL;
    name = name_before(line, c - 1, n);
    return *n > 0 && !isdigit((unsigned char)*name) ? name : NULL;
}

/* Writes the module's name: "data" for "/srv/lua/data.lua". */
static void put_module(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t n = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    snprintf(out, size, "%.*s", (int)n, base);
}

/* Returns true for names that only say "the module's table". */
static bool is_placeholder(const char *name)
{
    return strcmp(name, "M") == 0 || strcmp(name, "_M") == 0;
}

/* Writes the declared name with its module or class:
 *
 *     declared     written
 *     sort         data.sort     a local or global function
 *     M.sort       data.sort     a field of the table that data.lua returns
 *     M:sort       data:sort     a method of that table, if its name is M or _M
 *     Cache:get    Cache:get     a method or field of any other table, or a
 *                                method of the returned table under its name
 */
static void put_qualified(const struct source_file *file, const char *declared,
                          size_t n, char *out, size_t size)
{
    char module[128];
    put_module(file->path, module, sizeof module);
    size_t first = 0;
    while (first < n && is_name_char(declared[first]))
        first++;
    bool own = first == strlen(file->returned) &&
               memcmp(declared, file->returned, first) == 0;
    if (first == n)
        snprintf(out, size, "%s.%.*s", module, (int)n, declared);
    else if (own && (declared[first] == '.' || is_placeholder(file->returned)))
        snprintf(out, size, "%s%.*s", module, (int)(n - first),
                 declared + first);
    else
        snprintf(out, size, "%.*s", (int)n, declared);
}

static void put_function_name(const struct source_file *file, const char *base,
                              int line_defined, char *out, size_t size)
{
    if (line_defined == 0) {
        snprintf(out, size, "main@%s", base);
        return;
    }
    if (file && line_defined <= file->n_lines) {
        const char *line = file->lines[line_defined - 1];
        size_t n;
        const char *declared =
            declared_name(line, line + strcspn(line, "\r\n"), &n);
        if (declared) {
            put_qualified(file, declared, n, out, size);
            return;
        }
    }
    snprintf(out, size, "anonymous@%s:%d", base, line_defined);
}

void vm_names_get(struct vm_names *names, const struct vm_function *function,
                  char *name, size_t name_size, char *file, size_t file_size)
{
    const char *source = function->source;
    const struct source_file *text = NULL;
    char resolved[PATH_MAX];
    if (*source == '@') {
        source++;
        text = get_file(names, source);
        snprintf(file, file_size, "%s",
                 realpath(source, resolved) ? resolved : source);
    } else {
        source += *source == '=';
        snprintf(file, file_size, "%s", source);
    }
    const char *slash = text ? strrchr(source, '/') : NULL;
    put_function_name(text && text->text ? text : NULL,
                      slash ? slash + 1 : source, function->line_defined, name,
                      name_size);
}
