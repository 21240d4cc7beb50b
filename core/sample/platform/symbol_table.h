/* symbol_table.h -- the function at an address, from the symbol table of its
 * object.
 *
 * libdwfl's own lookup goes through all symbols, which takes 0.1 ms for the C
 * library. So the functions of an object are sorted at its first lookup.
 *
 * Path: debug_info.c -> [symbol_table]
 */
#ifndef SAMPLE_PLATFORM_SYMBOL_TABLE_H
#define SAMPLE_PLATFORM_SYMBOL_TABLE_H

#include <elfutils/libdwfl.h>
#include <stdint.h>

/* In the order in which they are preferred. */
enum symbol_binding { SYMBOL_LOCAL, SYMBOL_WEAK, SYMBOL_GLOBAL };

struct code_symbol {
    uintptr_t start, end; /* the function is [start, end) */
    const char *name;
    enum symbol_binding binding;
    int position; /* in the file */
};

/* Returns the function that holds `pc`, an address in `module`, or NULL. Of
 * several names of a function it is the one that callers use: "free", not
 * "__libc_free". The symbol lives until symbol_table_free_all. */
const struct code_symbol *symbol_table_find(Dwfl_Module *module, uintptr_t pc);

/* Frees the tables of all modules, which dwfl_end does not. */
void symbol_table_free_all(Dwfl *dwfl);

#endif
