#include "sample/tables/chunk_names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/index.h"
#include "base/lexer.h"
#include "sample/tables/chunk_functions.h"

struct module {
    char name[128]; /* "data" for "/srv/lua/data.lua"; "": a chunk's text */
    char returned[64];
};

/* Returns true for names that only say "the module's table". */
static bool is_placeholder(const char *name)
{
    return strcmp(name, "M") == 0 || strcmp(name, "_M") == 0;
}

static bool is_name(const char *s, size_t n)
{
    if (n == 0 || isdigit((unsigned char)*s))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && s[i] != '_')
            return false;
    return true;
}

static void set_module(struct module *module, const char *source,
                       struct chunk_path returned)
{
    *module = (struct module){0};
    const char *slash = *source == '@' ? strrchr(source, '/') : NULL;
    const char *base = slash ? slash + 1 : source + 1;
    const char *dot = strrchr(base, '.');
    size_t n = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    if (*source == '@' || (*source == '=' && is_name(base, n)))
        snprintf(module->name, sizeof module->name, "%.*s", (int)n, base);
    size_t n_returned = (size_t)(returned.end - returned.start);
    if (returned.start && n_returned < sizeof module->returned)
        memcpy(module->returned, returned.start, n_returned);
}

/* Writes the path without its blanks and comments, and `["key"]` as `.key`. */
static void put_path(struct buf *out, struct chunk_path path)
{
    struct lexer lexer =
        lexer_begin(path.start, (size_t)(path.end - path.start));
    struct token token = lexer_next(&lexer);
    for (bool is_first = true; token.kind != TOKEN_END; is_first = false) {
        if (token.character == '[') {
            token = lexer_next(&lexer);
            buf_puts(out, is_first ? "" : ".");
            buf_append(out, token.text + 1, token.n - 2);
            lexer_next(&lexer); /* the closing bracket */
        } else {
            buf_append(out, token.text, token.n);
        }
        token = lexer_next(&lexer);
    }
}

/* Writes the path with its module or class:
 *
 *     path         written
 *     sort         data.sort     a local or global function
 *     M.sort       data.sort     a field of the table that data.lua returns
 *     M:sort       data:sort     a method of that table, if its name is M or _M
 *     Cache:get    Cache:get     a method or field of any other table, or a
 *                                method of the returned table under its name
 */
static void put_qualified(struct buf *out, const struct module *module,
                          struct chunk_path path)
{
    struct buf declared = BUF_INIT;
    put_path(&declared, path);
    const char *text = buf_cstr(&declared);
    out->failed = out->failed || !text;
    if (text) {
        size_t first = strcspn(text, ".:");
        bool is_own = first == strlen(module->returned) && first > 0 &&
                      memcmp(text, module->returned, first) == 0;
        bool is_field = text[first] != ':';
        if (*module->name && is_own && text[first] &&
            (is_field || is_placeholder(module->returned)))
            buf_printf(out, "%s%s", module->name, text + first);
        else if (*module->name && !text[first])
            buf_printf(out, "%s.%s", module->name, text);
        else
            buf_puts(out, text);
    }
    buf_fini(&declared);
}

/* While names are made: a function's name is an offset of `text`, and functions
 * of the same line and name are numbered. */
struct naming {
    struct buf text;
    size_t *offsets;
    const struct chunk_function *found;
    uint32_t *repeats; /* of the name so far, at its first function */
    struct index names;
};

struct naming_key {
    int line;
    const char *name;
};

static bool is_same_name(const void *ctx, const void *key, uint32_t position)
{
    const struct naming *naming = ctx;
    const struct naming_key *k = key;
    return naming->found[position].line == k->line &&
           strcmp(naming->text.data + naming->offsets[position], k->name) == 0;
}

/* Appends "#2" to the name of function i if it is the second of its line with
 * that name. Returns false if out of memory. */
static bool put_rank(struct naming *naming, uint32_t i)
{
    const char *name = naming->text.data + naming->offsets[i];
    struct naming_key key = {naming->found[i].line, name};
    uint64_t hash = index_hash(name, strlen(name), (uint64_t)key.line);
    uint32_t first =
        index_find(&naming->names, hash, is_same_name, naming, &key);
    if (first == INDEX_NONE)
        return index_add(&naming->names, hash, i);
    naming->text.len--; /* the NUL */
    buf_printf(&naming->text, "#%u", ++naming->repeats[first] + 1);
    buf_putc(&naming->text, '\0');
    return !naming->text.failed;
}

/* Names function i. Only functions of the same line can have the same name. */
static bool name_function(struct naming *naming, const struct module *module,
                          uint32_t i, uint32_t n)
{
    const struct chunk_function *f = naming->found;
    naming->offsets[i] = naming->text.len;
    if (f[i].path.start)
        put_qualified(&naming->text, module, f[i].path);
    buf_putc(&naming->text, '\0');
    if (naming->text.failed)
        return false;
    bool has_neighbour = (i > 0 && f[i - 1].line == f[i].line) ||
                         (i + 1 < n && f[i + 1].line == f[i].line);
    return f[i].line == 0 || !has_neighbour || put_rank(naming, i);
}

/* Makes the result of what was found and its names. */
static bool put_names(struct chunk_names *names, const struct naming *naming,
                      uint32_t n)
{
    names->functions = malloc(n * sizeof *names->functions);
    if (!names->functions)
        return false;
    names->n = n;
    names->text = naming->text.data;
    for (uint32_t i = 0; i < n; i++)
        names->functions[i] =
            (struct chunk_name){naming->text.data + naming->offsets[i],
                                naming->found[i].line, naming->found[i].text};
    return true;
}

static bool name_functions(struct chunk_names *names, const char *source,
                           const struct chunk_functions *functions)
{
    uint32_t n = functions->n;
    struct module module;
    set_module(&module, source, functions->returned);
    struct naming naming = {
        .offsets = calloc(n, sizeof *naming.offsets),
        .repeats = calloc(n, sizeof *naming.repeats),
        .found = functions->functions,
    };
    bool ok = naming.offsets && naming.repeats;
    for (uint32_t i = 0; ok && i < n; i++)
        ok = name_function(&naming, &module, i, n);
    ok = ok && put_names(names, &naming, n);
    if (!ok)
        buf_fini(&naming.text);
    free(naming.offsets);
    free(naming.repeats);
    index_fini(&naming.names);
    return ok;
}

bool chunk_names_read(struct chunk_names *names, const char *source,
                      const char *text, size_t n)
{
    *names = (struct chunk_names){0};
    struct chunk_functions functions;
    bool ok = chunk_functions_read(&functions, text, n) &&
              name_functions(names, source, &functions);
    chunk_functions_free(&functions);
    return ok;
}

void chunk_names_free(struct chunk_names *names)
{
    free(names->functions);
    free(names->text);
    *names = (struct chunk_names){0};
}
