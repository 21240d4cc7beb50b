#include "sample/build/known_symbols.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/index.h"
#include "profile/strings.h"
#include "sample/platform/symbolize.h"

enum { MAX_KNOWN = 1 << 16 };

struct known_symbol {
    uintptr_t pc;
    uint32_t name, file; /* ids of `texts` */
    int line, start_line;
};

/* Guards all that follows. No other lock is taken while it is held, except
 * those of a sampled malloc (core/sample/README.md). */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct known_symbol *known;
static uint32_t n_known, n_allocated;
static struct index index_of_known;
static struct strings texts;

static bool is_same_pc(const void *ctx, const void *key, uint32_t position)
{
    (void)ctx;
    return known[position].pc == *(const uintptr_t *)key;
}

/* [lock] */
static uint32_t find_known(uintptr_t pc)
{
    return index_find(&index_of_known, index_hash(&pc, sizeof pc, 0),
                      is_same_pc, NULL, &pc);
}

bool known_symbols_get(uintptr_t pc, struct symbol *symbol)
{
    pthread_mutex_lock(&lock);
    uint32_t found = find_known(pc);
    if (found != INDEX_NONE) {
        const struct known_symbol *k = &known[found];
        *symbol = (struct symbol){.line = k->line, .start_line = k->start_line};
        snprintf(symbol->name, sizeof symbol->name, "%s",
                 strings_get(&texts, k->name, NULL));
        snprintf(symbol->file, sizeof symbol->file, "%s",
                 strings_get(&texts, k->file, NULL));
    }
    pthread_mutex_unlock(&lock);
    return found != INDEX_NONE;
}

/* [lock] */
static void append_known(uintptr_t pc, const struct symbol *symbol)
{
    if (n_known == MAX_KNOWN || (texts.n == 0 && !strings_init(&texts)))
        return;
    struct known_symbol *grown =
        array_grow(known, n_known, &n_allocated, 1024, sizeof *grown);
    if (!grown)
        return;
    known = grown;
    struct known_symbol *k = &known[n_known];
    *k = (struct known_symbol){
        .pc = pc,
        .name = strings_add(&texts, symbol->name, strlen(symbol->name)),
        .file = strings_add(&texts, symbol->file, strlen(symbol->file)),
        .line = symbol->line,
        .start_line = symbol->start_line,
    };
    if (k->name != INDEX_NONE && k->file != INDEX_NONE &&
        index_add(&index_of_known, index_hash(&pc, sizeof pc, 0), n_known))
        n_known++;
}

void known_symbols_add(uintptr_t pc, const struct symbol *symbol)
{
    pthread_mutex_lock(&lock);
    if (find_known(pc) == INDEX_NONE)
        append_known(pc, symbol);
    pthread_mutex_unlock(&lock);
}
