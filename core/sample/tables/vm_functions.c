/* vm_functions.c -- entries lie in chunks that never move, so that the
 * collector can read them while the thread adds more. The hash index over them
 * is the thread's own: the collector never uses it. The handler and a safe
 * point both use it, but never at the same time, because `busy` (thread.h)
 * keeps the handler away while a safe point runs.
 */
#include "sample/tables/vm_functions.h"

#include <stdlib.h>
#include <string.h>

#include "base/index.h"

enum {
    CHUNK = 1024,
    MAX_CHUNKS = 256,
    RESERVED = 256, /* entries: two stacks of SAMPLE_MAX_LUA frames */
    TEXT_BLOCK = 128 * 1024,
    TEXT_RESERVED = 32 * 1024, /* bytes of names that these may need */
};

/* Memory for the copied names. The blocks form a chain, so that
 * vm_functions_free finds them. */
struct text_block {
    struct text_block *previous;
    size_t used;
    char bytes[TEXT_BLOCK];
};

struct vm_functions {
    struct vm_function *chunks[MAX_CHUNKS];
    uint32_t n;
    struct index index;
    struct text_block *text;
};

struct vm_functions *vm_functions_new(void)
{
    struct vm_functions *functions = calloc(1, sizeof *functions);
    if (functions)
        vm_functions_reserve(functions);
    return functions;
}

void vm_functions_free(struct vm_functions *functions)
{
    if (!functions)
        return;
    for (struct text_block *block = functions->text, *previous; block;
         block = previous) {
        previous = block->previous;
        free(block);
    }
    for (unsigned i = 0; i < MAX_CHUNKS; i++)
        free(functions->chunks[i]);
    index_fini(&functions->index);
    free(functions);
}

const struct vm_function *vm_functions_get(const struct vm_functions *functions,
                                           uint32_t id)
{
    return &functions->chunks[id / CHUNK][id % CHUNK];
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_function(const void *ctx, const void *key,
                             uint32_t position)
{
    const struct vm_function *entry = vm_functions_get(ctx, position);
    const struct vm_function *k = key;
    return entry->hash == k->hash && entry->c == k->c &&
           entry->line_defined == k->line_defined && entry->text == k->text &&
           is_same_text(entry->source, k->source) &&
           is_same_text(entry->name, k->name);
}

uint64_t vm_function_hash(const struct vm_function *f)
{
    if (f->c)
        return index_hash(&f->c, sizeof f->c, 0);
    uint64_t word = (uint64_t)f->text << 32 | (uint32_t)f->line_defined;
    uint64_t hash = index_hash(f->source, strlen(f->source), word + 1);
    return f->name ? index_hash(f->name, strlen(f->name), hash) : hash;
}

/* The source of a chunk that was loaded from a string is its whole text, which
 * can be megabytes: the chunk has its short name here, `[string "..."]`. */
struct vm_function vm_function_without_record(const lua_Debug *ar)
{
    char first = ar->source[0];
    const char *source =
        first == '@' || first == '=' ? ar->source : ar->short_src;
    struct vm_function f = {.source = source, .line_defined = ar->linedefined};
    f.hash = vm_function_hash(&f);
    return f;
}

static struct vm_function c_function(lua_CFunction c)
{
    struct vm_function f = {.c = c};
    f.hash = vm_function_hash(&f);
    return f;
}

void vm_functions_reserve(struct vm_functions *f)
{
    if (!f->text || TEXT_BLOCK - f->text->used < TEXT_RESERVED) {
        struct text_block *block = malloc(sizeof *block);
        if (block) {
            block->previous = f->text;
            block->used = 0;
            f->text = block;
        }
    }
    uint32_t last = (f->n + RESERVED) / CHUNK;
    if (last < MAX_CHUNKS && !f->chunks[last])
        f->chunks[last] = calloc(CHUNK, sizeof *f->chunks[last]);
    index_reserve(&f->index, RESERVED);
}

/* Returns a copy in the reserved memory, or NULL if the text does not fit. */
static const char *copy_text(struct vm_functions *f, const char *text)
{
    size_t size = strlen(text) + 1;
    if (!f->text || TEXT_BLOCK - f->text->used < size)
        return NULL;
    char *copy = f->text->bytes + f->text->used;
    memcpy(copy, text, size);
    f->text->used += size;
    return copy;
}

/* As copy_text. Functions of one source are often added one after the other,
 * and then share a copy. */
static const char *copy_source(struct vm_functions *f, const char *source)
{
    const char *last = f->n ? vm_functions_get(f, f->n - 1)->source : NULL;
    return last && strcmp(last, source) == 0 ? last : copy_text(f, source);
}

uint32_t vm_functions_add(struct vm_functions *f, const struct vm_function *key)
{
    uint32_t found = index_find(&f->index, key->hash, is_same_function, f, key);
    if (found != INDEX_NONE)
        return found;
    uint32_t id = f->n;
    if (id == CHUNK * MAX_CHUNKS || !f->chunks[id / CHUNK] ||
        f->index.n_used + 1 > f->index.n_slots / 2)
        return FUNCTION_FULL;
    struct vm_function copy = *key;
    copy.source = key->source ? copy_source(f, key->source) : NULL;
    copy.name = key->name ? copy_text(f, key->name) : NULL;
    if ((key->source && !copy.source) || (key->name && !copy.name))
        return FUNCTION_FULL;
    index_add(&f->index, key->hash, id);
    f->chunks[id / CHUNK][id % CHUNK] = copy;
    f->n++;
    return id;
}

uint32_t vm_functions_add_c(struct vm_functions *functions, lua_CFunction c)
{
    struct vm_function key = c_function(c);
    return vm_functions_add(functions, &key);
}

uint32_t vm_functions_find(const struct vm_functions *functions,
                           const struct vm_function *key)
{
    uint32_t found = index_find(&functions->index, key->hash, is_same_function,
                                functions, key);
    return found == INDEX_NONE ? FUNCTION_UNKNOWN : found;
}

bool vm_functions_has_c(const struct vm_functions *functions, lua_CFunction c)
{
    struct vm_function key = c_function(c);
    return vm_functions_find(functions, &key) != FUNCTION_UNKNOWN;
}
