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

static bool is_same_function(const void *ctx, const void *key,
                             uint32_t position)
{
    const struct vm_function *entry = vm_functions_get(ctx, position);
    const struct vm_function *k = key;
    if (entry->c || k->c)
        return entry->c == k->c;
    return entry->line_defined == k->line_defined &&
           strcmp(entry->source, k->source) == 0;
}

static uint64_t hash_of_function(const struct vm_function *key)
{
    if (key->c)
        return index_hash(&key->c, sizeof key->c, 0);
    return index_hash(key->source, strlen(key->source),
                      (uint64_t)key->line_defined + 1);
}

/* Describes the function of `ar`. The source of a chunk that was loaded from a
 * string is its whole text, which can be megabytes: it gets its short name,
 * `[string "..."]`. */
static struct vm_function lua_key(const lua_Debug *ar)
{
    char first = ar->source[0];
    const char *source =
        first == '@' || first == '=' ? ar->source : ar->short_src;
    return (struct vm_function){NULL, source, ar->linedefined};
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

uint32_t vm_functions_add_entry(struct vm_functions *f,
                                const struct vm_function *key)
{
    uint64_t hash = hash_of_function(key);
    uint32_t found = index_find(&f->index, hash, is_same_function, f, key);
    if (found != INDEX_NONE)
        return found;
    uint32_t id = f->n;
    if (id == CHUNK * MAX_CHUNKS || !f->chunks[id / CHUNK] ||
        f->index.n_used + 1 > f->index.n_slots / 2)
        return FUNCTION_FULL;
    const char *source = key->c ? NULL : copy_text(f, key->source);
    if (!key->c && !source)
        return FUNCTION_FULL;
    index_add(&f->index, hash, id);
    f->chunks[id / CHUNK][id % CHUNK] =
        (struct vm_function){key->c, source, key->line_defined};
    f->n++;
    return id;
}

uint32_t vm_functions_add(struct vm_functions *functions, const lua_Debug *ar)
{
    struct vm_function key = lua_key(ar);
    return vm_functions_add_entry(functions, &key);
}

uint32_t vm_functions_add_c(struct vm_functions *functions, lua_CFunction c)
{
    struct vm_function key = {c, NULL, 0};
    return vm_functions_add_entry(functions, &key);
}

uint32_t vm_functions_find(const struct vm_functions *functions,
                           const lua_Debug *ar)
{
    struct vm_function key = lua_key(ar);
    uint32_t found = index_find(&functions->index, hash_of_function(&key),
                                is_same_function, functions, &key);
    return found == INDEX_NONE ? FUNCTION_UNKNOWN : found;
}

bool vm_functions_has_c(const struct vm_functions *functions, lua_CFunction c)
{
    struct vm_function key = {c, NULL, 0};
    return index_find(&functions->index, hash_of_function(&key),
                      is_same_function, functions, &key) != INDEX_NONE;
}
