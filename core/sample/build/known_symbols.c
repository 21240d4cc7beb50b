#include "sample/build/known_symbols.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/index.h"

enum { MAX_ENTRIES = 1 << 16, TEXT_BLOCK_BYTES = 65536 };

struct entry {
    uintptr_t pc;
    uint32_t first_line, n_lines;
};

struct line {
    uint32_t function;
    int line;
};

/* Guards all that follows. No other lock is taken while it is held, except
 * those of a sampled malloc (core/sample/README.md). */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;
static uint32_t n_entries, n_entries_allocated;
static struct index index_of_entries; /* by pc */
static struct line *lines;
static uint32_t n_lines, n_lines_allocated;
static struct symbol *functions; /* without `line`; the strings never move */
static uint32_t n_functions, n_functions_allocated;
static struct index index_of_functions;

static bool is_same_pc(const void *ctx, const void *key, uint32_t position)
{
    (void)ctx;
    return entries[position].pc == *(const uintptr_t *)key;
}

/* [lock] */
static uint32_t find_entry(uintptr_t pc)
{
    return index_find(&index_of_entries, index_hash(&pc, sizeof pc, 0),
                      is_same_pc, NULL, &pc);
}

unsigned known_symbols_get(uintptr_t pc, struct symbol symbols[SYMBOLS_MAX])
{
    unsigned n = 0;
    pthread_mutex_lock(&lock);
    uint32_t found = find_entry(pc);
    if (found != INDEX_NONE)
        for (; n < entries[found].n_lines; n++) {
            struct line line = lines[entries[found].first_line + n];
            symbols[n] = functions[line.function];
            symbols[n].line = line.line;
        }
    pthread_mutex_unlock(&lock);
    return n;
}

static bool is_same_function(const void *ctx, const void *key,
                             uint32_t position)
{
    (void)ctx;
    const struct symbol *a = key, *b = &functions[position];
    return a->start_line == b->start_line && strcmp(a->name, b->name) == 0 &&
           strcmp(a->system_name, b->system_name) == 0 &&
           strcmp(a->file, b->file) == 0;
}

/* Copies a text for ever. Returns NULL if out of memory. The texts stand
 * together in large blocks: in blocks of their own, among those of libdw, they
 * would keep the pages of what libdw frees. [lock] */
static const char *keep_text(const char *text)
{
    static char *block;
    static size_t n_left;
    size_t n = strlen(text) + 1;
    if (n > n_left) {
        size_t size = n > TEXT_BLOCK_BYTES ? n : TEXT_BLOCK_BYTES;
        char *fresh = malloc(size);
        if (!fresh)
            return NULL;
        block = fresh;
        n_left = size;
    }
    char *copy = memcpy(block, text, n);
    block += n;
    n_left -= n;
    return copy;
}

/* Copies the function. Returns its position, INDEX_NONE if out of memory.
 * [lock] */
static uint32_t append_function(const struct symbol *symbol, uint64_t hash)
{
    struct symbol *grown = array_grow(
        functions, n_functions, &n_functions_allocated, 256, sizeof *functions);
    if (!grown)
        return INDEX_NONE;
    functions = grown;
    struct symbol copy = {
        .name = keep_text(symbol->name),
        .system_name = keep_text(symbol->system_name),
        .file = keep_text(symbol->file),
        .start_line = symbol->start_line,
    };
    if (!copy.name || !copy.system_name || !copy.file ||
        !index_add(&index_of_functions, hash, n_functions))
        return INDEX_NONE;
    functions[n_functions] = copy;
    return n_functions++;
}

/* [lock] */
static uint32_t intern_function(const struct symbol *symbol)
{
    uint64_t hash = index_hash(symbol->name, strlen(symbol->name), 0);
    hash = index_hash(symbol->file, strlen(symbol->file), hash);
    uint32_t found =
        index_find(&index_of_functions, hash, is_same_function, NULL, symbol);
    return found != INDEX_NONE ? found : append_function(symbol, hash);
}

/* [lock] */
static bool append_line(const struct symbol *symbol)
{
    struct line *grown =
        array_grow(lines, n_lines, &n_lines_allocated, 1024, sizeof *lines);
    if (!grown)
        return false;
    lines = grown;
    uint32_t function = intern_function(symbol);
    if (function == INDEX_NONE)
        return false;
    lines[n_lines++] = (struct line){function, symbol->line};
    return true;
}

/* [lock] */
static void append_entry(uintptr_t pc, const struct symbol *symbols, unsigned n)
{
    struct entry *grown = array_grow(entries, n_entries, &n_entries_allocated,
                                     1024, sizeof *entries);
    struct entry entry = {pc, n_lines, n};
    if (!grown)
        return;
    entries = grown;
    bool ok = true;
    for (unsigned i = 0; ok && i < n; i++)
        ok = append_line(&symbols[i]);
    if (!ok || !index_add(&index_of_entries, index_hash(&pc, sizeof pc, 0),
                          n_entries)) {
        n_lines = entry.first_line;
        return;
    }
    entries[n_entries++] = entry;
}

void known_symbols_add(uintptr_t pc, const struct symbol *symbols, unsigned n)
{
    pthread_mutex_lock(&lock);
    if (n_entries < MAX_ENTRIES && find_entry(pc) == INDEX_NONE)
        append_entry(pc, symbols, n);
    pthread_mutex_unlock(&lock);
}
