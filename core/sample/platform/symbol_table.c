#include "sample/platform/symbol_table.h"

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The functions of an object, sorted by address. */
struct symbol_table {
    size_t n;
    struct code_symbol symbols[];
};

/* libmimalloc.so exports its functions as malloc and as C++'s delete too, but
 * in this process these names mean others (base/vm_malloc.h). */
static bool is_mimalloc_name(const char *name)
{
    return strncmp(name, "mi_", 3) == 0;
}

/* Orders by address. Of several names of one address, the best comes last: the
 * one that callers use, which is global and has the fewest underscores before
 * it, then is the shortest. If all are local, it is the first in the file. */
static int by_address(const void *a, const void *b)
{
    const struct code_symbol *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->binding != y->binding)
        return x->binding < y->binding ? -1 : 1;
    if (is_mimalloc_name(x->name) != is_mimalloc_name(y->name))
        return is_mimalloc_name(x->name) ? 1 : -1;
    size_t n = strspn(x->name, "_"), m = strspn(y->name, "_");
    if (n == m) {
        n = strcspn(x->name, "@");
        m = strcspn(y->name, "@");
    }
    if (x->binding != SYMBOL_LOCAL && n != m)
        return n < m ? 1 : -1;
    return x->position < y->position ? 1 : -1;
}

static enum symbol_binding binding_of(const GElf_Sym *symbol)
{
    switch (GELF_ST_BIND(symbol->st_info)) {
    case STB_LOCAL:
        return SYMBOL_LOCAL;
    case STB_WEAK:
        return SYMBOL_WEAK;
    default:
        return SYMBOL_GLOBAL;
    }
}

/* Returns the functions of a module, NULL if out of memory. */
static struct symbol_table *read_symbol_table(Dwfl_Module *module)
{
    int n = dwfl_module_getsymtab(module);
    struct symbol_table *table = calloc(
        1, sizeof *table + (size_t)(n > 0 ? n : 0) * sizeof *table->symbols);
    for (int i = 0; table && i < n; i++) {
        GElf_Sym symbol;
        GElf_Addr start;
        const char *name = dwfl_module_getsym_info(module, i, &symbol, &start,
                                                   NULL, NULL, NULL);
        int type = GELF_ST_TYPE(symbol.st_info);
        if (name && *name && symbol.st_size > 0 &&
            symbol.st_shndx != SHN_UNDEF &&
            (type == STT_FUNC || type == STT_NOTYPE))
            table->symbols[table->n++] = (struct code_symbol){
                start, start + symbol.st_size, name, binding_of(&symbol), i};
    }
    if (table)
        qsort(table->symbols, table->n, sizeof *table->symbols, by_address);
    return table;
}

const struct code_symbol *symbol_table_find(Dwfl_Module *module, uintptr_t pc)
{
    void **table_of_module;
    dwfl_module_info(module, &table_of_module, NULL, NULL, NULL, NULL, NULL,
                     NULL);
    if (!*table_of_module)
        *table_of_module = read_symbol_table(module);
    const struct symbol_table *table = *table_of_module;
    size_t low = 0, high = table ? table->n : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->symbols[middle].start <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    /* A function may lie within another one, as the second entry of a function
     * in assembler does. */
    for (size_t tries = 0; low > 0 && tries < 32; tries++)
        if (pc < table->symbols[--low].end)
            return &table->symbols[low];
    return NULL;
}

static int free_symbol_table(Dwfl_Module *module, void **table,
                             const char *name, Dwarf_Addr start, void *ctx)
{
    (void)module, (void)name, (void)start, (void)ctx;
    free(*table);
    *table = NULL;
    return DWARF_CB_OK;
}

void symbol_table_free_all(Dwfl *dwfl)
{
    dwfl_getmodules(dwfl, free_symbol_table, NULL, 0);
}
